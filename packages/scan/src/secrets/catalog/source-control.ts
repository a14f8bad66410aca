/** Hosts of source code and what builds, tests and reviews it. */
import { crc32Base36, crc32Base62 } from '../checks/checksum.ts';
import { decodeBase64, decodeObject } from '../checks/decode.ts';
import { assigned, spelled } from '../forms/assigned.ts';
import { token } from '../forms/token.ts';
import type { Kind } from '../kind.ts';
import { UUID } from './forms.ts';

const GITHUB =
  'https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github';
const GITLAB = 'https://docs.gitlab.com/security/tokens/';

/** The last six characters are the checksum of those between the beginning and them. */
const sealedBase62 = {
  check: (text: string, start: string): boolean => text.slice(-6) === crc32Base62(text.slice(start.length, -6)),
  seal: (text: string, start: string): string => text.slice(0, -6) + crc32Base62(text.slice(start.length, -6)),
  certain: true,
} as const;

function github(id: string, title: string, start: string) {
  return token({
    id,
    title,
    severity: 'critical',
    docs: GITHUB,
    starts: [start],
    rest: '[0-9A-Za-z]{36}',
    ...sealedBase62,
  });
}
function gitlab(id: string, title: string, start: string, rest = '[0-9A-Za-z_-]{20}') {
  return token({ id, title, severity: 'high', docs: GITLAB, starts: [start], rest, ends: '\\w-' });
}

export const SOURCE_CONTROL: readonly Kind[] = [
  github('github-personal-access-token', 'GitHub personal access token (classic)', 'ghp_'),
  github('github-oauth-token', 'GitHub OAuth access token', 'gho_'),
  github('github-user-token', 'GitHub App user access token', 'ghu_'),
  token({
    id: 'github-installation-token',
    title: 'GitHub App installation access token',
    severity: 'critical',
    docs: GITHUB,
    starts: ['ghs_'],
    rest: '[0-9A-Za-z]{36}',
  }),
  token({
    id: 'github-refresh-token',
    title: 'GitHub App refresh token',
    severity: 'critical',
    docs: GITHUB,
    starts: ['ghr_'],
    rest: '[0-9A-Za-z]{36,76}',
    ...sealedBase62,
  }),
  token({
    id: 'github-fine-grained-token',
    title: 'GitHub personal access token (fine-grained)',
    severity: 'critical',
    docs: GITHUB,
    starts: ['github_pat_'],
    rest: '[0-9A-Za-z]{22}_[0-9A-Za-z]{59}',
  }),
  token({
    id: 'gitlab-routable-token',
    title: 'GitLab personal access token (routable)',
    severity: 'critical',
    docs: GITLAB,
    starts: ['glpat-'],
    rest: '[0-9A-Za-z_-]{27,300}\\.01\\.[0-9a-z]{9}',
    check: (text) =>
      crc32Base36(text.slice(0, -7)) === text.slice(-7) &&
      payloadLength(text) === Number.parseInt(text.slice(-9, -7), 36),
    seal: (text) => {
      const body = text.slice(0, -9) + payloadLength(text).toString(36).padStart(2, '0');
      return body + crc32Base36(body);
    },
    certain: true,
  }),
  token({
    id: 'gitlab-personal-access-token',
    title: 'GitLab personal access token',
    severity: 'critical',
    docs: GITLAB,
    starts: ['glpat-'],
    rest: '[0-9A-Za-z_-]{20}',
    ends: '\\w-',
  }),
  gitlab('gitlab-deploy-token', 'GitLab deploy token', 'gldt-'),
  gitlab('gitlab-runner-token', 'GitLab runner authentication token', 'glrt-'),
  gitlab('gitlab-runner-registration-token', 'GitLab runner registration token', 'GR1348941'),
  gitlab('gitlab-pipeline-trigger-token', 'GitLab pipeline trigger token', 'glptt-', '[0-9a-f]{40}'),
  gitlab('gitlab-feed-token', 'GitLab feed token', 'glft-'),
  gitlab('gitlab-incoming-mail-token', 'GitLab incoming mail token', 'glimt-', '[0-9a-z]{25}'),
  gitlab('gitlab-agent-token', 'GitLab agent for Kubernetes token', 'glagent-', '[0-9A-Za-z_-]{50}'),
  gitlab('gitlab-oauth-secret', 'GitLab OAuth application secret', 'gloas-', '[0-9a-f]{64}'),
  gitlab('gitlab-scim-token', 'GitLab SCIM token', 'glsoat-'),
  gitlab('gitlab-feature-flag-token', 'GitLab feature flag client token', 'glffct-'),
  token({
    id: 'atlassian-api-token',
    title: 'Atlassian API token',
    docs: 'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/',
    starts: ['ATATT3xFfGF0'],
    rest: '[0-9A-Za-z_-]{160,180}=[0-9A-F]{8}',
  }),
  token({
    id: 'bitbucket-access-token',
    title: 'Bitbucket repository, project or workspace access token',
    docs: 'https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/',
    starts: ['ATCTT3xFfGN0'],
    rest: '[0-9A-Za-z_-]{160,180}=[0-9A-F]{8}',
  }),
  token({
    id: 'bitbucket-app-password',
    title: 'Bitbucket app password',
    docs: 'https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/',
    starts: ['ATBB'],
    rest: '[0-9A-Za-z]{24}[0-9A-F]{8}',
  }),
  assigned({
    id: 'gitea-access-token',
    title: 'Gitea or Forgejo access token',
    docs: 'https://docs.gitea.com/development/oauth2-provider',
    names: ['gitea', 'forgejo'],
    value: '[0-9a-f]{40}',
  }),
  token({
    id: 'sourcegraph-access-token',
    title: 'Sourcegraph access token',
    docs: 'https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token',
    starts: ['sgp_'],
    rest: '[0-9a-f]{16}_[0-9a-f]{40}',
  }),
  token({
    id: 'circleci-personal-token',
    title: 'CircleCI personal API token',
    docs: 'https://circleci.com/docs/managing-api-tokens/',
    starts: ['CCIPAT_'],
    rest: '[0-9A-Za-z]{22}_[0-9a-f]{40}',
  }),
  token({
    id: 'circleci-project-token',
    title: 'CircleCI project API token',
    docs: 'https://circleci.com/docs/managing-api-tokens/',
    starts: ['CCIPRJ_'],
    rest: '[0-9A-Za-z]{22}_[0-9a-f]{40}',
  }),
  token({
    id: 'buildkite-api-token',
    title: 'Buildkite API access token',
    docs: 'https://buildkite.com/docs/apis/managing-api-tokens',
    starts: ['bkua_'],
    rest: '[0-9a-f]{40}',
  }),
  assigned({
    id: 'buildkite-agent-token',
    title: 'Buildkite agent token',
    docs: 'https://buildkite.com/docs/agent/v3/tokens',
    names: ['buildkite_agent', 'buildkite-agent', 'buildkiteagent'],
    value: '[0-9a-zA-Z]{50}',
  }),
  assigned({
    id: 'travis-api-token',
    title: 'Travis CI API token',
    docs: 'https://docs.travis-ci.com/user/triggering-builds/',
    names: ['travis'],
    value: '[0-9A-Za-z_-]{22}',
  }),
  assigned({
    id: 'drone-token',
    title: 'Drone CI token',
    docs: 'https://docs.drone.io/cli/configure/',
    names: ['drone_token', 'drone-token', 'drone_rpc_secret'],
    value: '[0-9A-Za-z]{32}',
  }),
  assigned({
    id: 'jenkins-api-token',
    title: 'Jenkins API token',
    docs: 'https://www.jenkins.io/doc/book/system-administration/authenticating-scripted-clients/',
    names: ['jenkins'],
    value: '11[0-9a-f]{32}',
  }),
  assigned({
    id: 'codecov-token',
    title: 'Codecov upload token',
    severity: 'medium',
    docs: 'https://docs.codecov.com/docs/codecov-tokens',
    names: ['codecov'],
    value: UUID,
  }),
  assigned({
    id: 'coveralls-token',
    title: 'Coveralls repository token',
    severity: 'medium',
    docs: 'https://docs.coveralls.io/supported-ci-services',
    names: ['coveralls'],
    value: '[0-9A-Za-z]{32}',
  }),
  token({
    id: 'sonarqube-token',
    title: 'SonarQube or SonarCloud token',
    docs: 'https://docs.sonarsource.com/sonarqube-server/latest/user-guide/managing-tokens/',
    starts: ['squ_', 'sqp_', 'sqa_'],
    rest: '[0-9a-f]{40}',
  }),
  assigned({
    id: 'snyk-api-token',
    title: 'Snyk API token',
    docs: 'https://docs.snyk.io/snyk-api/authentication-for-api',
    names: ['snyk'],
    value: UUID,
  }),
  token({
    id: 'semgrep-token',
    title: 'Semgrep web API token',
    docs: 'https://semgrep.dev/docs/deployment/teams',
    starts: ['sgpat_', 'sgpct_'],
    rest: '[0-9a-f]{64}',
  }),
  assigned({
    id: 'azure-devops-token',
    title: 'Azure DevOps personal access token',
    severity: 'critical',
    docs: 'https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate',
    names: ['azure_devops', 'azuredevops', 'vsts', 'system_accesstoken', 'azdo'],
    value: '[0-9a-z]{52}',
  }),
  token({
    id: 'postman-api-key',
    title: 'Postman API key',
    docs: 'https://learning.postman.com/docs/reference/postman-api/authentication/',
    starts: ['PMAK-'],
    rest: '[0-9a-f]{24}-[0-9a-f]{34}',
  }),
  token({
    id: 'gitguardian-token',
    title: 'GitGuardian API token',
    docs: 'https://docs.gitguardian.com/api-docs/authentication',
    starts: ['ggpat_', 'ggsat_'],
    rest: '[0-9A-Za-z]{64}',
  }),
  token({
    id: 'sentry-organization-token',
    title: 'Sentry organization auth token',
    docs: 'https://docs.sentry.io/account/auth-tokens/',
    starts: ['sntrys_'],
    rest: 'eyJ[0-9A-Za-z+/=]{60,300}_[0-9A-Za-z+/]{43}',
    ends: '\\w+/',
    random: /_([^_]{43})$/,
    certain: true,
    check: (text) => isSentry(text),
    seal: (text) => {
      const claims = {
        iat: 1700000000.5,
        url: 'https://sentry.io',
        region_url: 'https://us.sentry.io',
        org: 'made-up',
      };
      return `sntrys_${Buffer.from(JSON.stringify(claims)).toString('base64')}${text.slice(text.lastIndexOf('_'))}`;
    },
  }),
  token({
    id: 'sentry-user-token',
    title: 'Sentry user auth token',
    docs: 'https://docs.sentry.io/account/auth-tokens/',
    starts: ['sntryu_', 'sntrya_'],
    rest: '[0-9a-f]{64}',
  }),
  assigned({
    id: 'spacelift-api-key',
    title: 'Spacelift API key',
    docs: 'https://docs.spacelift.io/integrations/api',
    names: spelled('spacelift', 'api', 'key', 'secret'),
    value: '[0-9a-f]{64}',
  }),
];

/** Of what GitLab's token says its own length is. */
function payloadLength(text: string): number {
  return text.slice('glpat-'.length, text.indexOf('.')).length;
}

function isSentry(text: string): boolean {
  const claims = decodeBase64(text.slice('sntrys_'.length, text.lastIndexOf('_')));
  const object = claims === null ? null : decodeObject(claims.toString());
  return typeof object?.['iat'] === 'number' && typeof object['org'] === 'string';
}
