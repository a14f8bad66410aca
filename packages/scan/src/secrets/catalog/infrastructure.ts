/** What runs, watches and guards systems: secret stores, networks, monitoring. */
import { bech32Checksum, crc16, crc32Hex } from '../checks/checksum.ts';
import { decodeBase32, decodeBase64, decodeObject, encodeBase32 } from '../checks/decode.ts';
import { assigned, spelled } from '../forms/assigned.ts';
import { token } from '../forms/token.ts';
import type { Kind } from '../kind.ts';
import { ALPHANUMERIC, UUID } from './forms.ts';

const VAULT = 'https://developer.hashicorp.com/vault/docs/concepts/tokens';

export const INFRASTRUCTURE: readonly Kind[] = [
  token({
    id: 'vault-service-token',
    title: 'HashiCorp Vault service token',
    severity: 'critical',
    docs: VAULT,
    starts: ['hvs.'],
    rest: '[0-9A-Za-z_-]{90,120}',
    ends: '\\w-',
  }),
  token({
    id: 'vault-batch-token',
    title: 'HashiCorp Vault batch token',
    docs: VAULT,
    starts: ['hvb.'],
    rest: '[0-9A-Za-z_-]{138,300}',
    ends: '\\w-',
  }),
  token({
    id: 'vault-root-token',
    title: 'HashiCorp Vault root token',
    severity: 'critical',
    docs: VAULT,
    starts: ['hvs.'],
    rest: '[0-9A-Za-z]{24}',
    ends: '\\w-',
  }),
  assigned({
    id: 'vault-legacy-token',
    title: 'HashiCorp Vault token (before 1.10)',
    severity: 'critical',
    docs: VAULT,
    names: ['vault'],
    value: 's\\.[0-9A-Za-z]{24}',
    shown: 's.',
  }),
  token({
    id: 'terraform-cloud-token',
    title: 'HCP Terraform API token',
    severity: 'critical',
    docs: 'https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens',
    before: '[0-9A-Za-z]{14}',
    starts: ['.atlasv1.'],
    rest: '[0-9A-Za-z_-]{60,70}',
    ends: '\\w-',
    within: true,
  }),
  assigned({
    id: 'consul-acl-token',
    title: 'HashiCorp Consul or Nomad ACL token',
    docs: 'https://developer.hashicorp.com/consul/docs/security/acl/tokens',
    names: ['consul_http', 'consul_token', 'nomad_token', 'x-consul', 'x-nomad'],
    value: UUID,
  }),
  token({
    id: 'doppler-token',
    title: 'Doppler token',
    severity: 'critical',
    docs: 'https://docs.doppler.com/docs/service-tokens',
    starts: ['dp.pt.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    rest: '[0-9A-Za-z]{40,44}',
  }),
  token({
    id: 'doppler-service-token',
    title: 'Doppler service token',
    severity: 'critical',
    docs: 'https://docs.doppler.com/docs/service-tokens',
    starts: ['dp.st.'],
    rest: '[0-9a-z_-]{2,35}\\.[0-9A-Za-z]{40,44}',
    random: /\.([^.]+)$/,
  }),
  token({
    id: 'onepassword-service-token',
    title: '1Password service account token',
    severity: 'critical',
    docs: 'https://developer.1password.com/docs/service-accounts/',
    starts: ['ops_eyJ'],
    rest: '[0-9A-Za-z_=-]{200,1500}',
    ends: '\\w-',
    certain: true,
    check: (text) => 'secretKey' in (decodeObject(decodeBase64(text.slice(4))?.toString() ?? '') ?? {}),
    seal: (_text, _start, random) => {
      const noise = (length: number) => Array.from({ length }, () => ALPHANUMERIC[Math.floor(random() * 62)]).join('');
      const account = {
        signInAddress: 'made-up.1password.com',
        userAuth: { method: 'SRPg-4096' },
        email: noise(20),
        secretKey: noise(32),
        muk: noise(60),
      };
      return `ops_${Buffer.from(JSON.stringify(account)).toString('base64url')}`;
    },
  }),
  token({
    id: 'onepassword-secret-key',
    title: '1Password secret key',
    severity: 'critical',
    docs: 'https://support.1password.com/secret-key/',
    starts: ['A3-'],
    next: '23456789ABCDEFGHJKLMNPQRSTVWXYZ',
    rest: '[2-9A-HJ-NP-TV-Z]{6}-[2-9A-HJ-NP-TV-Z]{6}-[2-9A-HJ-NP-TV-Z]{5}-[2-9A-HJ-NP-TV-Z]{5}-[2-9A-HJ-NP-TV-Z]{5}',
    scope: 'text',
    ends: '\\w-',
  }),
  token({
    id: 'pulumi-access-token',
    title: 'Pulumi access token',
    docs: 'https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/',
    starts: ['pul-'],
    rest: '[0-9a-f]{40}',
  }),
  token({
    id: 'prefect-api-key',
    title: 'Prefect API key',
    docs: 'https://docs.prefect.io/v3/how-to-guides/cloud/manage-users/api-keys',
    starts: ['pnu_', 'pnb_'],
    rest: '[0-9A-Za-z]{36}',
  }),
  token({
    id: 'tailscale-key',
    title: 'Tailscale key',
    severity: 'critical',
    docs: 'https://tailscale.com/kb/1085/auth-keys',
    starts: ['tskey-auth-', 'tskey-api-', 'tskey-client-', 'tskey-webhook-', 'tskey-scim-'],
    rest: '[0-9A-Za-z]{12,20}-[0-9A-Za-z]{20,40}',
  }),
  token({
    id: 'age-secret-key',
    title: 'age secret key',
    severity: 'critical',
    docs: 'https://github.com/FiloSottile/age/blob/main/doc/age-keygen.1.ronn',
    starts: ['AGE-SECRET-KEY-1'],
    rest: '[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}',
    check: (text) =>
      bech32Checksum('age-secret-key-', text.slice(16, -6).toLowerCase()) === text.slice(-6).toLowerCase(),
    seal: (text) =>
      text.slice(0, -6) + bech32Checksum('age-secret-key-', text.slice(16, -6).toLowerCase()).toUpperCase(),
    certain: true,
  }),
  token({
    id: 'nats-seed',
    title: 'NATS seed (operator, account, user or server)',
    severity: 'critical',
    docs: 'https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth',
    starts: ['SUA', 'SAA', 'SOA'],
    next: 'ABCDEFGHIJKLMNOP',
    rest: '[A-P][A-Z2-7]{54}',
    check: (text) => hasCrc16(text),
    seal: (text) => withCrc16(text),
    certain: true,
    scope: 'text',
  }),
  token({
    id: 'grafana-service-token',
    title: 'Grafana service account token',
    docs: 'https://grafana.com/docs/grafana/latest/administration/service-accounts/',
    starts: ['glsa_'],
    rest: '[0-9A-Za-z]{32}_[0-9a-f]{8}',
    random: /^glsa_([^_]+)/,
  }),
  token({
    id: 'grafana-cloud-token',
    title: 'Grafana Cloud access policy token',
    docs: 'https://grafana.com/docs/grafana-cloud/account-management/authentication-and-permissions/access-policies/',
    starts: ['glc_eyJ'],
    rest: '[0-9A-Za-z+/]{80,400}={0,2}',
    ends: '\\w+/=',
    check: (text) => typeof decodeObject(decodeBase64(text.slice(4))?.toString() ?? '')?.['k'] === 'string',
    seal: (_text, _start, random) => {
      const noise = Array.from({ length: 24 }, () => ALPHANUMERIC[Math.floor(random() * 62)]).join('');
      return `glc_${Buffer.from(JSON.stringify({ o: '123456', n: 'made-up-token', k: noise, m: { r: 'eu' } })).toString('base64')}`;
    },
  }),
  token({
    id: 'grafana-legacy-key',
    title: 'Grafana API key (legacy)',
    docs: 'https://grafana.com/docs/grafana/latest/administration/service-accounts/migrate-api-keys/',
    starts: ['eyJrIjoi'],
    rest: '[0-9A-Za-z+/]{70,400}={0,2}',
    ends: '\\w+/=.',
    check: (text) => {
      const object = decodeObject(decodeBase64(text)?.toString() ?? '');
      return typeof object?.['k'] === 'string' && typeof object['n'] === 'string' && typeof object['id'] === 'number';
    },
    seal: (_text, _start, random) => {
      const noise = Array.from({ length: 32 }, () => ALPHANUMERIC[Math.floor(random() * 62)]).join('');
      return Buffer.from(JSON.stringify({ k: noise, n: 'made-up-name', id: 1 })).toString('base64');
    },
  }),
  token({
    id: 'dynatrace-token',
    title: 'Dynatrace access token',
    docs: 'https://docs.dynatrace.com/docs/dynatrace-api/basics/dynatrace-api-authentication',
    starts: ['dt0c01.', 'dt0s01.', 'dt0s02.', 'dt0s08.', 'dt0s16.'],
    rest: '[0-9A-Z]{24}\\.[0-9A-Z]{64}',
  }),
  token({
    id: 'newrelic-user-key',
    title: 'New Relic user API key',
    docs: 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/',
    starts: ['NRAK-'],
    rest: '[0-9A-Z]{27}',
  }),
  token({
    id: 'newrelic-insert-key',
    title: 'New Relic insights key',
    docs: 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/',
    starts: ['NRII-', 'NRIQ-'],
    rest: '[0-9A-Za-z_-]{32}',
    ends: '\\w-',
  }),
  assigned({
    id: 'newrelic-license-key',
    title: 'New Relic license key',
    docs: 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/',
    names: ['new_relic', 'newrelic', 'license_key', 'licensekey'],
    value: '[0-9a-f]{36}NRAL',
  }),
  assigned({
    id: 'datadog-api-key',
    title: 'Datadog API key',
    docs: 'https://docs.datadoghq.com/account_management/api-app-keys/',
    names: ['datadog', 'dd_api', 'dd-api', 'ddapi'],
    value: '[0-9a-f]{32}',
  }),
  assigned({
    id: 'datadog-application-key',
    title: 'Datadog application key',
    docs: 'https://docs.datadoghq.com/account_management/api-app-keys/',
    names: ['datadog', 'dd_app', 'dd-app', 'dd-application', 'ddapp'],
    value: '[0-9a-f]{40}',
  }),
  assigned({
    id: 'pagerduty-api-key',
    title: 'PagerDuty API key',
    docs: 'https://support.pagerduty.com/main/docs/api-access-keys',
    names: ['pagerduty', 'pager_duty'],
    value: '[0-9A-Za-z+_-]{20}',
  }),
  assigned({
    id: 'opsgenie-api-key',
    title: 'Opsgenie API key',
    docs: 'https://support.atlassian.com/opsgenie/docs/api-key-management/',
    names: ['opsgenie'],
    value: UUID,
  }),
  assigned({
    id: 'splunk-hec-token',
    title: 'Splunk HTTP event collector token',
    docs: 'https://docs.splunk.com/Documentation/Splunk/latest/Data/UsetheHTTPEventCollector',
    names: ['splunk'],
    value: UUID,
  }),
  token({
    id: 'honeycomb-ingest-key',
    title: 'Honeycomb key',
    docs: 'https://docs.honeycomb.io/configure/environments/manage-api-keys/',
    starts: ['hcaik_', 'hcamk_', 'hcbik_'],
    rest: '[0-9a-z]{58}',
  }),
  assigned({
    id: 'rollbar-access-token',
    title: 'Rollbar access token',
    docs: 'https://docs.rollbar.com/docs/access-tokens',
    names: ['rollbar'],
    value: '[0-9a-f]{32}',
  }),
  assigned({
    id: 'bugsnag-api-key',
    title: 'Bugsnag API key',
    severity: 'medium',
    docs: 'https://docs.bugsnag.com/api/',
    names: ['bugsnag'],
    value: '[0-9a-f]{32}',
  }),
  assigned({
    id: 'logdna-ingestion-key',
    title: 'Mezmo (LogDNA) or Logz.io shipping token',
    severity: 'medium',
    docs: 'https://docs.mezmo.com/docs/ingestion-key',
    names: ['logdna', 'mezmo', 'logzio', 'logz_io'],
    value: '[0-9A-Za-z]{32}',
  }),
  assigned({
    id: 'loggly-token',
    title: 'Loggly or Sumo Logic token',
    severity: 'medium',
    docs: 'https://documentation.solarwinds.com/en/success_center/loggly/content/admin/customer-token-authentication-token.htm',
    names: ['loggly', 'sumologic', 'sumo_logic'],
    value: '[0-9A-Za-z]{64}',
  }),
  token({
    id: 'launchdarkly-sdk-key',
    title: 'LaunchDarkly SDK key',
    docs: 'https://launchdarkly.com/docs/home/account/environment/keys',
    starts: ['sdk-'],
    rest: UUID,
    scope: 'text',
    ends: '\\w-',
  }),
  assigned({
    id: 'launchdarkly-api-token',
    title: 'LaunchDarkly API access token',
    docs: 'https://launchdarkly.com/docs/home/account/api',
    names: ['launchdarkly', 'launch_darkly', 'ld_api', 'ld_access'],
    value: `api-${UUID}`,
    shown: 'api-',
  }),
  assigned({
    id: 'ngrok-token',
    title: 'ngrok auth token or API key',
    docs: 'https://ngrok.com/docs/agent/#authtokens',
    names: ['ngrok', 'authtoken'],
    value: '[12][0-9A-Za-z]{26}_[0-9A-Za-z]{20,22}',
  }),
  assigned({
    id: 'auth0-client-secret',
    title: 'Auth0 client secret',
    severity: 'critical',
    docs: 'https://auth0.com/docs/get-started/applications/application-settings',
    names: ['auth0'],
    value: '[0-9A-Za-z_-]{64}',
  }),
  assigned({
    id: 'okta-api-token',
    title: 'Okta API token',
    severity: 'critical',
    docs: 'https://developer.okta.com/docs/guides/create-an-api-token/main/',
    names: ['okta', 'ssws'],
    value: '00[0-9A-Za-z_-]{40}',
    shown: '00',
  }),
  assigned({
    id: 'keycloak-client-secret',
    title: 'Keycloak client secret',
    docs: 'https://www.keycloak.org/docs/latest/server_admin/#_client-credentials',
    names: ['keycloak', 'oidc_client_secret', 'oidc-client-secret'],
    value: '[0-9A-Za-z]{32}',
  }),
  assigned({
    id: 'cloudinary-api-secret',
    title: 'Cloudinary API secret',
    docs: 'https://cloudinary.com/documentation/cloudinary_credentials_tutorial',
    names: spelled('cloudinary', 'api', 'secret'),
    value: '[0-9A-Za-z_-]{27}',
  }),
  token({
    id: 'infracost-api-key',
    title: 'Infracost API key',
    severity: 'medium',
    docs: 'https://www.infracost.io/docs/',
    starts: ['ico-'],
    rest: '[0-9A-Za-z]{32}',
    ends: '\\w-',
    scope: 'text',
  }),
  token({
    id: 'zuplo-api-key',
    title: 'Zuplo API key',
    docs: 'https://zuplo.com/docs/articles/api-key-leak-detection',
    starts: ['zpka_'],
    rest: '[0-9a-z]{32}_[0-9a-f]{8}',
    random: /^zpka_([^_]+)/,
    check: (text) => crc32Hex(text.slice(5, -9)) === text.slice(-8),
    seal: (text) => text.slice(0, -8) + crc32Hex(text.slice(5, -9)),
    certain: true,
  }),
];

function hasCrc16(text: string): boolean {
  const bytes = decodeBase32(text);
  return bytes !== null && bytes.length === 36 && crc16(bytes.subarray(0, 34)) === bytes.readUInt16LE(34);
}
function withCrc16(text: string): string {
  const bytes = decodeBase32(text) ?? Buffer.alloc(36);
  bytes.writeUInt16LE(crc16(bytes.subarray(0, 34)), 34);
  return encodeBase32(bytes.subarray(0, 36));
}
