/** The trust policy that `pratique trust example` prints: every part once, ready to be cut down. */
export const EXAMPLE_POLICY = `# Whose signatures let images of other registries run. Every rule that matches an image must hold; an image that no
# rule matches is refused. Try it before it counts: pratique trust test ACCOUNT IMAGE --policy trust.yaml
version: 1
name: default

# Public keys by name. A file is read when the policy is set; the key itself is stored.
keys:
  acme: { file: acme.pub }

# Roots of trust for certificates ("keyless"). For the public sigstore instance: cosign trusted-root create --out sigstore.json
trustedRoots:
  sigstore: { file: sigstore.json }

rules:
  # Signed with one key.
  - name: acme
    images: [registry.acme.example/**]
    except: [registry.acme.example/sandbox/**]
    authorities: { anyOf: [{ key: acme }] }

  # Signed by a workflow of GitHub Actions, from a tag, with a provenance by the same workflow.
  - name: acme-on-github
    images: [ghcr.io/acme/**]
    tags: { allow: ["v*"] }
    authorities:
      anyOf:
        - name: release-workflow
          keyless: &release
            issuer: https://token.actions.githubusercontent.com
            subject: { regExp: 'https://github\\.com/acme/[^/]+/\\.github/workflows/release\\.yml@refs/tags/v.*' }
            extensions: { sourceRepository: { regExp: 'https://github\\.com/acme/.*' } }
            trustedRoot: sigstore
    predicates:
      - type: https://slsa.dev/provenance/v1
        authorities: { anyOf: [{ keyless: *release }] }

  # Nobody signs these; they run by digest only.
  - name: pause
    images: [registry.k8s.io/pause]
    tags: { requireDigest: true }
    unsigned: allow

# Where to fetch from instead; the image keeps its name.
mirrors:
  - { prefix: docker.io, mirror: mirror.acme.example/docker }
`;
