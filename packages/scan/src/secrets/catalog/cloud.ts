/** Clouds and hosting. */

import { decodeBase32, decodeBase64, encodeBase32 } from '../checks/decode.ts';
import { isRandom } from '../checks/plausible.ts';
import { assigned, spelled } from '../forms/assigned.ts';
import { token } from '../forms/token.ts';
import type { Kind, Random } from '../kind.ts';
import { ALPHANUMERIC, UUID } from './forms.ts';

const AWS = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html';
const AZURE_STORAGE = 'https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage';

/** Bits 1 to 39 of the key's first six bytes are the number of the account, which has twelve digits. */
export function awsAccount(keyId: string): number | null {
  const bytes = decodeBase32(keyId.slice(4));
  return bytes === null ? null : Math.floor((bytes.readUIntBE(0, 6) % 2 ** 47) / 2 ** 7);
}
function awsKey(random: Random, start: string): string {
  const bytes = Buffer.from(Array.from({ length: 10 }, () => Math.floor(random() * 256)));
  bytes.writeUIntBE(2 ** 47 + Math.floor(random() * 999_999_999_999) * 2 ** 7 + Math.floor(random() * 128), 0, 6);
  return start + encodeBase32(bytes);
}
const isAwsKey = (text: string): boolean => {
  const account = awsAccount(text);
  return account !== null && account > 0 && account <= 999_999_999_999 && !text.endsWith('EXAMPLE');
};

export const CLOUD: readonly Kind[] = [
  token({
    id: 'aws-access-key-id',
    title: 'AWS access key id',
    severity: 'medium',
    docs: AWS,
    starts: ['AKIA'],
    rest: '[A-Z2-7]{16}',
    ends: '\\w/+',
    check: isAwsKey,
    seal: (_text, start, random) => awsKey(random, start),
  }),
  token({
    id: 'aws-temporary-key-id',
    title: 'AWS temporary access key id',
    severity: 'low',
    docs: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html',
    starts: ['ASIA'],
    rest: '[A-Z2-7]{16}',
    ends: '\\w/+',
    check: isAwsKey,
    seal: (_text, start, random) => awsKey(random, start),
    scope: 'text',
  }),
  assigned({
    id: 'aws-secret-access-key',
    title: 'AWS secret access key',
    severity: 'critical',
    docs: AWS,
    names: [...spelled('secret', 'access', 'key'), ...spelled('aws', 'secret'), ...spelled('secret', 'key')],
    value: '[0-9A-Za-z+/]{40}',
    check: (value) => /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && !/^[0-9a-f]+$/i.test(value),
  }),
  assigned({
    id: 'aws-session-token',
    title: 'AWS session token',
    severity: 'medium',
    docs: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html',
    names: [...spelled('session', 'token'), ...spelled('security', 'token')],
    value: '[IF][QwW]o[0-9A-Za-z+/]{200,1000}={0,2}',
  }),
  token({
    id: 'aws-bedrock-api-key',
    title: 'Amazon Bedrock API key',
    severity: 'critical',
    docs: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
    starts: ['ABSK'],
    rest: '[0-9A-Za-z+/]{109,269}={0,2}',
    ends: '\\w+/=',
    check: (text) => /^BedrockAPIKey-[\w-]+:/.test(decodeBase64(text.slice(4))?.toString('latin1') ?? ''),
    seal: (_text, _start, random) => {
      const noise = Array.from({ length: 44 }, () => ALPHANUMERIC[Math.floor(random() * 62)]).join('');
      return `ABSK${Buffer.from(`BedrockAPIKey-made+1-at-123456789012:${noise}${noise.slice(9, 30)}`.replace('+1', '-1')).toString('base64')}`;
    },
  }),
  token({
    id: 'google-chat-webhook',
    title: 'Google Chat webhook',
    docs: 'https://developers.google.com/workspace/chat/quickstart/webhooks',
    starts: ['https://chat.googleapis.com/v1/spaces/'],
    rest: '[0-9A-Za-z_-]{8,14}/messages\\?key=AIza[0-9A-Za-z_-]{35}&token=[0-9A-Za-z_-]{40,46}',
    ends: '\\w-',
    random: /token=(.+)$/,
  }),
  token({
    id: 'google-api-key',
    title: 'Google API key',
    docs: 'https://cloud.google.com/docs/authentication/api-keys',
    starts: ['AIza'],
    rest: '[0-9A-Za-z_-]{35}',
    ends: '\\w-',
    check: (text) => /\d/.test(text) && /[a-z]/.test(text.slice(4)) && /[A-Z]/.test(text.slice(4)),
    scope: 'text',
  }),
  token({
    id: 'google-oauth-client-secret',
    title: 'Google OAuth client secret',
    docs: 'https://developers.google.com/identity/protocols/oauth2',
    starts: ['GOCSPX-'],
    rest: '[0-9A-Za-z_-]{28}',
    ends: '\\w-',
  }),
  token({
    id: 'google-oauth-access-token',
    title: 'Google OAuth access token',
    severity: 'medium',
    docs: 'https://developers.google.com/identity/protocols/oauth2',
    starts: ['ya29.'],
    rest: '[0-9A-Za-z_-]{60,300}',
    ends: '\\w-',
  }),
  token({
    id: 'google-oauth-refresh-token',
    title: 'Google OAuth refresh token',
    severity: 'critical',
    docs: 'https://developers.google.com/identity/protocols/oauth2',
    starts: ['1//0'],
    rest: '[0-9a-f]?[0-9A-Za-z_-]{80,110}',
    ends: '\\w-',
    scope: 'text',
  }),
  token({
    id: 'google-hmac-key-id',
    title: 'Google Cloud Storage HMAC access id',
    severity: 'medium',
    docs: 'https://cloud.google.com/storage/docs/authentication/hmackeys',
    starts: ['GOOG1E'],
    rest: '[0-9A-Z]{55}',
  }),
  token({
    id: 'firebase-server-key',
    title: 'Firebase Cloud Messaging server key (legacy)',
    docs: 'https://firebase.google.com/docs/cloud-messaging/auth-server',
    starts: [':APA91b'],
    rest: '[0-9A-Za-z_-]{134}',
    before: 'AAAA[0-9A-Za-z_-]{7}',
    ends: '\\w-',
    within: true,
  }),
  assigned({
    id: 'azure-storage-key',
    title: 'Azure storage account key',
    severity: 'critical',
    docs: AZURE_STORAGE,
    names: ['accountkey', 'account_key', 'storage_key', 'storage_account', 'storage_access_key', 'storagekey'],
    value: '[0-9A-Za-z+/]{86}==',
    // The key of the emulator that its documentation names, and everybody has.
    check: (value) => !value.startsWith('Eby8vdM02x'),
  }),
  assigned({
    id: 'azure-service-bus-key',
    title: 'Azure Service Bus, Event Hubs, IoT or Relay access key',
    severity: 'critical',
    docs: 'https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas',
    names: ['sharedaccesskey', 'shared_access_key'],
    value: '[0-9A-Za-z+/]{43}=',
  }),
  assigned({
    id: 'azure-cosmos-key',
    title: 'Azure Cosmos DB account key',
    severity: 'critical',
    docs: 'https://learn.microsoft.com/azure/cosmos-db/secure-access-to-data',
    names: ['cosmos', 'documentdb'],
    value: '[0-9A-Za-z+/]{86}==',
    check: (value) => !value.startsWith('C2y6yDjf5'),
  }),
  token({
    id: 'azure-sas-signature',
    title: 'Azure shared access signature',
    docs: 'https://learn.microsoft.com/azure/storage/common/storage-sas-overview',
    starts: ['&sig='],
    rest: '[0-9A-Za-z%]{45,100}',
    ends: '\\w%',
    scope: 'text',
    check: (text) => decodeURIComponentOrNull(text.slice(5)) !== null,
    seal: (_text, start, random) => {
      const bytes = Buffer.from(Array.from({ length: 32 }, () => Math.floor(random() * 256)));
      bytes[5] = 0xfb; // a plus sign or a slash, which is written as %2B or %2F
      bytes[6] = 0xff;
      bytes[7] = 0xff;
      return start + encodeURIComponent(bytes.toString('base64'));
    },
  }),
  token({
    id: 'azure-client-secret',
    title: 'Microsoft Entra client secret',
    severity: 'critical',
    docs: 'https://learn.microsoft.com/entra/identity-platform/quickstart-register-app',
    before: '[0-9A-Za-z_.~-]{3}',
    starts: ['7Q~', '8Q~'],
    next: `${ALPHANUMERIC}_.~-`,
    rest: '[0-9A-Za-z_.~-]{31,34}',
    ends: '\\w~-',
    within: true,
    scope: 'text',
    check: (text) => /\d/.test(text.slice(3)) && /[a-z]/.test(text) && /[A-Z]/.test(text.slice(3)),
  }),
  assigned({
    id: 'azure-function-key',
    title: 'Azure Functions key',
    docs: 'https://learn.microsoft.com/azure/azure-functions/function-keys-how-to',
    names: ['x-functions', 'function_key', 'functionkey', 'azure_function', '?code', '&code'],
    value: '[0-9A-Za-z_-]{44}AzFu[0-9A-Za-z_-]{5}A?={0,2}',
    scope: 'text',
  }),
  token({
    id: 'azure-container-registry-key',
    title: 'Azure Container Registry password',
    severity: 'critical',
    docs: 'https://learn.microsoft.com/azure/container-registry/container-registry-authentication',
    before: '[0-9A-Za-z+/]{42}',
    starts: ['+ACR'],
    rest: '[0-9A-Za-z]{6}',
    within: true,
    random: /(.{6})$/,
    scope: 'text',
  }),
  token({
    id: 'digitalocean-token',
    title: 'DigitalOcean access token',
    severity: 'critical',
    docs: 'https://docs.digitalocean.com/reference/api/create-personal-access-token/',
    starts: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    rest: '[0-9a-f]{64}',
  }),
  token({
    id: 'alibaba-access-key-id',
    title: 'Alibaba Cloud access key id',
    severity: 'medium',
    docs: 'https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair',
    starts: ['LTAI'],
    rest: '[0-9A-Za-z]{20}',
  }),
  assigned({
    id: 'alibaba-access-key-secret',
    title: 'Alibaba Cloud access key secret',
    severity: 'critical',
    docs: 'https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair',
    names: ['alibaba', 'aliyun', ...spelled('access', 'key', 'secret')],
    value: '[0-9A-Za-z]{30}',
  }),
  token({
    id: 'tencent-secret-id',
    title: 'Tencent Cloud secret id',
    severity: 'medium',
    docs: 'https://www.tencentcloud.com/document/product/598/32675',
    starts: ['AKID'],
    rest: '[0-9A-Za-z]{32}',
  }),
  assigned({
    id: 'tencent-secret-key',
    title: 'Tencent Cloud secret key',
    severity: 'critical',
    docs: 'https://www.tencentcloud.com/document/product/598/32675',
    names: ['tencent', 'qcloud'],
    value: '[0-9A-Za-z]{32}',
  }),
  token({
    id: 'yandex-api-key',
    title: 'Yandex Cloud API key',
    docs: 'https://yandex.cloud/en/docs/iam/concepts/authorization/api-key',
    starts: ['AQVN'],
    rest: '[0-9A-Za-z_-]{35,38}',
    ends: '\\w-',
  }),
  token({
    id: 'yandex-iam-token',
    title: 'Yandex Cloud IAM token',
    severity: 'medium',
    docs: 'https://yandex.cloud/en/docs/iam/concepts/authorization/iam-token',
    starts: ['t1.9e'],
    rest: '[0-9A-Za-z_-]{60,280}\\.[0-9A-Za-z_-]{86}',
    ends: '\\w-',
  }),
  assigned({
    id: 'ibm-cloud-api-key',
    title: 'IBM Cloud API key',
    severity: 'critical',
    docs: 'https://cloud.ibm.com/docs/account?topic=account-manapikey',
    names: ['ibmcloud', 'ibm_cloud', 'bluemix', 'ibm-cloud', 'iam_apikey', 'watson'],
    value: '[0-9A-Za-z_-]{44}',
  }),
  assigned({
    id: 'cloudflare-api-token',
    title: 'Cloudflare API token',
    severity: 'critical',
    docs: 'https://developers.cloudflare.com/fundamentals/api/get-started/create-token/',
    names: ['cloudflare', 'cf_api_token'],
    value: '[0-9A-Za-z_-]{40}',
  }),
  assigned({
    id: 'cloudflare-global-key',
    title: 'Cloudflare global API key',
    severity: 'critical',
    docs: 'https://developers.cloudflare.com/fundamentals/api/get-started/keys/',
    names: ['cloudflare', 'cf_api_key', 'x-auth-key'],
    value: '[0-9a-f]{37}',
  }),
  token({
    id: 'cloudflare-origin-ca-key',
    title: 'Cloudflare origin CA key',
    docs: 'https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/',
    starts: ['v1.0-'],
    rest: '[0-9a-f]{24}-[0-9a-f]{146}',
  }),
  assigned({
    id: 'linode-token',
    title: 'Linode (Akamai) access token',
    docs: 'https://techdocs.akamai.com/linode-api/reference/get-started',
    names: ['linode'],
    value: '[0-9a-f]{64}',
  }),
  assigned({
    id: 'vultr-api-key',
    title: 'Vultr API key',
    docs: 'https://docs.vultr.com/platform/other/api',
    names: ['vultr'],
    value: '[0-9A-Z]{36}',
  }),
  assigned({
    id: 'hetzner-token',
    title: 'Hetzner Cloud API token',
    docs: 'https://docs.hetzner.com/cloud/api/getting-started/generating-api-token/',
    names: ['hcloud', 'hetzner'],
    value: '[0-9A-Za-z]{64}',
  }),
  assigned({
    id: 'scaleway-secret-key',
    title: 'Scaleway secret key',
    docs: 'https://www.scaleway.com/en/docs/iam/concepts/#api-key',
    names: ['scaleway', 'scw_secret'],
    value: UUID,
  }),
  assigned({
    id: 'ovh-application-secret',
    title: 'OVHcloud application secret or consumer key',
    docs: 'https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api',
    names: ['ovh_application_secret', 'ovh_consumer_key', 'ovh-application-secret', 'ovh_secret'],
    value: '[0-9A-Za-z]{32}',
  }),
  token({
    id: 'exoscale-api-key',
    title: 'Exoscale API key',
    severity: 'medium',
    docs: 'https://community.exoscale.com/product/iam/quick-start/',
    starts: ['EXO'],
    next: '0123456789abcdef',
    rest: '[0-9a-f]{24}',
    scope: 'text',
  }),
  assigned({
    id: 'heroku-api-key',
    title: 'Heroku API key',
    severity: 'critical',
    docs: 'https://devcenter.heroku.com/articles/authentication',
    names: ['heroku'],
    value: UUID,
  }),
  token({
    id: 'heroku-platform-token',
    title: 'Heroku platform API token',
    severity: 'critical',
    docs: 'https://devcenter.heroku.com/articles/authentication',
    starts: ['HRKU-'],
    rest: 'AA[0-9A-Za-z_-]{58}',
    ends: '\\w-',
  }),
  token({
    id: 'netlify-token',
    title: 'Netlify access token',
    docs: 'https://docs.netlify.com/api/get-started/#authentication',
    starts: ['nfp_'],
    rest: '[0-9A-Za-z]{36}',
  }),
  assigned({
    id: 'vercel-token',
    title: 'Vercel access token',
    docs: 'https://vercel.com/docs/rest-api',
    names: ['vercel', 'now_token'],
    value: '[0-9A-Za-z]{24}',
  }),
  token({
    id: 'fly-access-token',
    title: 'Fly.io access token',
    docs: 'https://fly.io/docs/security/tokens/',
    starts: ['fm2_lJPE'],
    rest: '[0-9A-Za-z+/]{100,600}={0,3}',
    ends: '\\w+/=',
  }),
  token({
    id: 'render-api-key',
    title: 'Render API key',
    docs: 'https://render.com/docs/api',
    starts: ['rnd_'],
    rest: '[0-9A-Za-z]{28}',
    scope: 'text',
  }),
  assigned({
    id: 'railway-token',
    title: 'Railway token',
    docs: 'https://docs.railway.com/guides/public-api',
    names: ['railway'],
    value: UUID,
  }),
  assigned({
    id: 'fastly-api-token',
    title: 'Fastly API token',
    docs: 'https://www.fastly.com/documentation/reference/api/auth-tokens/',
    names: ['fastly'],
    value: '[0-9A-Za-z_-]{32}',
  }),
  assigned({
    id: 'akamai-client-secret',
    title: 'Akamai EdgeGrid client secret or token',
    docs: 'https://techdocs.akamai.com/developer/docs/edgegrid',
    names: ['client_secret', 'client_token', 'access_token', 'akamai'],
    value: 'akab-[0-9a-z]{16}-[0-9a-z]{16}',
    shown: 'akab-',
  }),
  token({
    id: 'supabase-access-token',
    title: 'Supabase access token',
    severity: 'critical',
    docs: 'https://supabase.com/docs/reference/api/introduction',
    starts: ['sbp_'],
    rest: '[0-9a-f]{40}',
  }),
  token({
    id: 'supabase-secret-key',
    title: 'Supabase secret API key',
    severity: 'critical',
    docs: 'https://supabase.com/docs/guides/api/api-keys',
    starts: ['sb_secret_'],
    rest: '[0-9A-Za-z_-]{22}_[0-9A-Za-z_-]{8}',
    ends: '\\w-',
  }),
  assigned({
    id: 'backblaze-application-key',
    title: 'Backblaze B2 application key',
    docs: 'https://www.backblaze.com/docs/cloud-storage-application-keys',
    names: ['b2_application', 'backblaze', 'b2_app'],
    value: 'K00[0-9][0-9A-Za-z+/]{27}',
    shown: 'K00',
  }),
];

function decodeURIComponentOrNull(text: string): Buffer | null {
  try {
    const bytes = Buffer.from(decodeURIComponent(text), 'base64');
    return bytes.length === 32 && isRandom(bytes.toString('hex')) ? bytes : null;
  } catch {
    return null;
  }
}
