/** What the OpenAPI document says of each route beyond its schemas: a summary, a tag, who may call it, how it fails. */
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { Access } from './access.ts';

const ACCOUNT = '/api/v1/accounts/:account';

/** One line for each operation; a test holds that none is missing and none left over. */
export const SUMMARIES: Record<string, string> = {
  'POST /api/v1/login': 'Open a session with a name and a password',
  'POST /api/v1/logout': 'End the session',
  'GET /api/v1/me': 'Who the credentials stand for, and in which accounts',
  'PUT /api/v1/me/password': 'Change your own password; every session ends',
  'GET /api/v1/people': 'People of the instance',
  'POST /api/v1/people': 'Add a person',
  'PATCH /api/v1/people/:person': 'Set a password anew, disable or enable a person',
  'GET /api/v1/audit': 'What was done to people, passwords and sessions',
  'GET /api/v1/advisories': 'The advisory snapshot in use and its sources',
  'GET /api/v1/accounts': 'Accounts that you belong to',
  'POST /api/v1/accounts': 'Make an account',
  [`GET ${ACCOUNT}/members`]: 'Members and their roles',
  [`PUT ${ACCOUNT}/members/:person`]: 'Add a member or change the role',
  [`DELETE ${ACCOUNT}/members/:person`]: 'Remove a member',
  [`GET ${ACCOUNT}/audit`]: 'What was done in the account, by whom, from where',
  [`GET ${ACCOUNT}/robots`]: 'Robots of the account',
  [`POST ${ACCOUNT}/robots`]: 'Make a robot; its token is in this answer alone',
  [`DELETE ${ACCOUNT}/robots/:robot`]: 'Revoke a robot',
  [`GET ${ACCOUNT}/repositories`]: 'Repositories',
  [`GET ${ACCOUNT}/images`]: 'Tagged images, the newest first',
  [`GET ${ACCOUNT}/image`]: 'All that is known of one image',
  [`GET ${ACCOUNT}/image/explanation`]: 'The whole way to the decision on one image',
  [`GET ${ACCOUNT}/image/scan`]: 'Packages and findings of one image',
  [`GET ${ACCOUNT}/image/sbom`]: 'The SBOM of one image, as SPDX or CycloneDX',
  [`GET ${ACCOUNT}/image/runs`]: 'Runs of chains on one image',
  [`GET ${ACCOUNT}/image/attestation`]: 'The latest attestation of a type',
  [`GET ${ACCOUNT}/image/comparison`]: 'What another image of the account has that this one has not',
  [`GET ${ACCOUNT}/findings`]: 'Findings across all images, in pages',
  [`GET ${ACCOUNT}/findings/facets`]: 'How many findings each further choice would leave',
  [`GET ${ACCOUNT}/findings/upgrades`]: 'The upgrades that clear most findings over all images',
  [`GET ${ACCOUNT}/packages`]: 'Packages of all images, by name and version',
  [`GET ${ACCOUNT}/package`]: 'One package in all its versions: who has it, what is known of it',
  [`GET ${ACCOUNT}/package/images`]: 'Images that hold a package',
  [`GET ${ACCOUNT}/package/placements`]: 'Containers that run a package',
  [`GET ${ACCOUNT}/package/customers`]: 'Deliveries that brought a package to other accounts',
  [`GET ${ACCOUNT}/advisories/:advisory`]: 'One advisory, by any of its names, and whom it touches',
  [`GET ${ACCOUNT}/advisories/:advisory/packages`]: 'Packages that an advisory touches now',
  [`GET ${ACCOUNT}/advisories/:advisory/images`]: 'Images that an advisory touches now',
  [`GET ${ACCOUNT}/advisories/:advisory/placements`]: 'Containers that an advisory touches now',
  [`GET ${ACCOUNT}/advisories/:advisory/customers`]: 'Deliveries that an advisory touches',
  [`GET ${ACCOUNT}/advisories/:advisory/changes`]:
    'What updates said otherwise of an advisory: who had it, and since when not',
  [`GET ${ACCOUNT}/advisory-updates`]:
    'Updates of the advisories that changed something for the account, the newest first',
  [`GET ${ACCOUNT}/advisory-updates/:update`]: 'What one update changed, and for how many',
  [`GET ${ACCOUNT}/advisory-updates/:update/changes`]: 'Holes and packages of which an update said something else',
  [`GET ${ACCOUNT}/advisory-updates/:update/images`]: 'Images that an update affected or cleared',
  [`GET ${ACCOUNT}/advisory-updates/:update/placements`]: 'Containers that an update affected or cleared',
  [`GET ${ACCOUNT}/advisory-updates/:update/customers`]: 'Deliveries that an update affected or cleared',
  [`GET ${ACCOUNT}/receipts`]: 'Receipts of deliveries, sent and received',
  [`GET ${ACCOUNT}/admissions`]: 'What was decided for clusters',
  [`GET ${ACCOUNT}/chains`]: 'Chains in force',
  [`PUT ${ACCOUNT}/chains/:chain`]: 'Define a chain, or a new version of it',
  [`DELETE ${ACCOUNT}/chains/:chain`]: 'Retire a chain',
  [`POST ${ACCOUNT}/runs`]: 'Run the chain on an image, or join the run under way',
  [`GET ${ACCOUNT}/runs`]: 'Runs, the newest first',
  [`GET ${ACCOUNT}/runs/:run`]: 'One run with its steps',
  [`POST ${ACCOUNT}/runs/:run/steps/:step/approval`]: 'Approve or reject a step that waits for it',
  [`GET ${ACCOUNT}/policy`]: 'The policies in force',
  [`PUT ${ACCOUNT}/policy`]: 'Change constraints and templates',
  [`GET ${ACCOUNT}/trust-policy`]: 'Whose signatures on images of other registries count',
  [`PUT ${ACCOUNT}/trust-policy`]: 'Replace the trust policy; what is in use is examined anew',
  [`GET ${ACCOUNT}/trust-policy/versions`]: 'Versions of the trust policy, the newest first',
  [`POST ${ACCOUNT}/trust-policy/test`]: 'Examine an image of another registry now, keeping nothing',
  [`GET ${ACCOUNT}/registry-credentials`]: 'Registries that are asked with a user name; without passwords',
  [`PUT ${ACCOUNT}/registry-credentials/:host`]: 'Give a user name and password for examining images of a registry',
  [`DELETE ${ACCOUNT}/registry-credentials/:host`]: 'Remove them',
  [`GET ${ACCOUNT}/foreign-images`]: 'Images of other registries that clusters asked for, and what was found',
  [`GET ${ACCOUNT}/vex`]: 'VEX documents of the account, and what they state',
  [`POST ${ACCOUNT}/vex`]: 'Bring a VEX document; images that it speaks of are judged anew',
  [`GET ${ACCOUNT}/vex/:document`]: 'One VEX document as it was brought',
  [`DELETE ${ACCOUNT}/vex/:document`]: 'Take a VEX document back; what it cleared counts again',
  [`GET ${ACCOUNT}/exceptions`]: 'Exceptions with their reasons and ends',
  [`POST ${ACCOUNT}/exceptions`]: 'Ask for an exception',
  [`POST ${ACCOUNT}/exceptions/:exception/approval`]: 'Approve an exception that somebody else asked for',
  [`POST ${ACCOUNT}/exceptions/:exception/rejection`]: 'Refuse an exception that was asked for',
  [`DELETE ${ACCOUNT}/exceptions/:exception`]: 'Withdraw an exception, or close a break-glass',
  [`POST ${ACCOUNT}/break-glass`]: 'Let labelled pods run for some hours that would be denied',
  [`GET ${ACCOUNT}/revocations`]: 'Images that were taken out of service',
  [`POST ${ACCOUNT}/revocations`]: 'Take an image out of service at once',
  [`POST ${ACCOUNT}/revocations/lift`]: 'End a revocation; the image is judged anew',
  [`GET ${ACCOUNT}/keys`]: 'Public keys to verify signatures with',
  [`POST ${ACCOUNT}/keys/rotation`]: 'Retire the signing key and make another',
  [`GET ${ACCOUNT}/contracts`]: 'Contracts with other accounts',
  [`POST ${ACCOUNT}/contracts`]: 'Offer a contract to another account',
  [`POST ${ACCOUNT}/contracts/:contract/acceptance`]: 'Accept a contract, and say whether its vendor is trusted',
  [`DELETE ${ACCOUNT}/contracts/:contract`]: 'End a contract',
  [`GET ${ACCOUNT}/deliveries`]: 'Deliveries that were sent',
  [`GET ${ACCOUNT}/deliveries/:delivery`]: 'One delivery',
  [`POST ${ACCOUNT}/deliveries`]: 'Deliver an image under a contract',
  [`GET ${ACCOUNT}/clusters`]: 'Clusters',
  [`GET ${ACCOUNT}/clusters/:cluster`]: 'A cluster: its agent, its pods, what was decided lately',
  [`GET ${ACCOUNT}/clusters/:cluster/placements`]: 'What runs in a cluster, by container',
  [`POST ${ACCOUNT}/clusters/:cluster/enrolment`]: 'Give the agent of a cluster another one-time token',
  'GET /api/v1/authority': 'The certificate authority that clusters are given',
  'GET /api/v1/authority/rotation': 'Which clusters do not trust the newest authority',
  'POST /api/v1/authority/rotation': 'Replace the authority: make the next one, let it issue, forget the one before',
  [`POST ${ACCOUNT}/clusters`]: 'Add a cluster; its webhook addresses are in this answer alone',
  [`PATCH ${ACCOUNT}/clusters/:cluster`]: 'Change the mode or the exempt namespaces',
  [`DELETE ${ACCOUNT}/clusters/:cluster`]: 'Remove a cluster',
  [`GET ${ACCOUNT}/overview`]: 'What is wrong, what changed, what needs a decision',
  [`GET ${ACCOUNT}/events`]: 'The change feed, in pages',
  [`GET ${ACCOUNT}/events/stream`]: 'The change feed, as server-sent events',
  [`GET ${ACCOUNT}/webhooks`]: 'Webhooks, and what is due or was given up',
  [`POST ${ACCOUNT}/webhooks`]: 'Send events to an address; the signing key is in this answer alone',
  [`PATCH ${ACCOUNT}/webhooks/:webhook`]: 'Change address, events, key, or switch it on and off',
  [`DELETE ${ACCOUNT}/webhooks/:webhook`]: 'Send nothing more',
  [`POST ${ACCOUNT}/webhooks/:webhook/test`]: 'Send one event to it',
  [`GET ${ACCOUNT}/webhooks/:webhook/deliveries`]: 'What was sent, is due, or was given up',
  [`POST ${ACCOUNT}/webhooks/:webhook/redelivery`]: 'Send again what was given up',
};

const NEEDS: Partial<Record<Access, string>> = {
  public: 'Needs no credentials.',
  'signed-in': 'Needs any valid credentials.',
  person: 'For people, not for robots.',
  admin: 'Needs an administrator of the instance.',
};

const FAILURE = {
  description: 'What went wrong, in a sentence',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'details', 'requestId'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        details: { type: 'object', additionalProperties: true },
        requestId: { type: 'string' },
      },
    },
  },
};

type Transform = typeof jsonSchemaTransform;

/** The schemas as they are, with what the table above and the route's access say. */
export const describeRoute = ((input: Parameters<Transform>[0]) => {
  const { schema, url } = jsonSchemaTransform(input) as { schema: Record<string, unknown>; url: string };
  if (schema['hide'] === true) return { schema, url };
  const { method, config } = input.route as { method: string | string[]; config?: { access?: Access } };
  const access = config?.access ?? 'public';
  const noun = url.replace(/^\/api\/v1\/(accounts\/:account\/)?/, '').split('/')[0] ?? '';
  return {
    url,
    schema: {
      ...schema,
      summary: SUMMARIES[`${[method].flat()[0]} ${url}`],
      description: NEEDS[access] ?? `Needs the role ${access} in the account.`,
      tags: [noun],
      ...(access === 'public' ? { security: [] } : {}),
      response: { ...(schema['response'] as object | undefined), default: FAILURE },
    },
  };
}) as unknown as Transform;
