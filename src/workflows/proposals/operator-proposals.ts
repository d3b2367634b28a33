import { z } from 'zod';
import { addressUrl } from '../../config/address-url.ts';
import { type OperatorOperationName, parseOperatorProposal } from '../../operator/operations.ts';
import { boundedText } from '../../runtime/bounded-body.ts';
import type { Services } from '../../services/context.ts';
import { textCodecOf } from '../serving/open-serving.ts';

/** A model that is busy or still loading is not waited for: words alone find most of it. */
const longestWaitMilliseconds = 120;
const longestAnswerTokens = 160;
const longestAnswerBytes = 4 << 20;

interface Proposal {
  api: string;
  operationId: string;
  /** The probability of the least sure token of the answer. */
  confidence: number;
}

/** What each proposal of the operator model is in the catalogue. */
export const catalogueOperations: Record<Exclude<OperatorOperationName, 'none'>, string> = {
  'purge.url': 'ccu post-invalidate-url',
  'purge.cpcode': 'ccu post-invalidate-cpcode',
  'purge.tag': 'ccu post-invalidate-tag',
  'property.activate': 'papi post-property-activations',
  'property.rollback': 'papi post-property-activations',
  'property.get': 'papi get-property',
  'property.list': 'papi get-properties',
  'property.versions': 'papi get-property-versions',
  'property.hostnames': 'papi get-property-version-hostnames',
  'property.activations': 'papi get-property-activations',
  'property.search': 'papi post-search-find-by-value',
  'edgeworker.activate': 'edgeworkers post-activations',
  'edgeworker.rollback': 'edgeworkers post-rollback-to-previous-active-version',
  'edgeworker.versions': 'edgeworkers get-versions',
  'edgeworker.activations': 'edgeworkers get-activations',
  'edgeworker.list': 'edgeworkers get-ids',
  'certificate.get': 'cps get-enrollment',
  'certificate.expiring': 'cps get-enrollments',
  'error.explain': 'edge-diagnostics post-error-translator',
  'dns.zone.list': 'config-dns get-zones',
  'dns.record.list': 'config-dns get-zones-zone-recordsets',
  'dns.record.add': 'config-dns post-zones-zone-names-name-types-type',
  'dns.record.change': 'config-dns put-zones-zone-names-name-types-type',
  'dns.record.delete': 'config-dns delete-zone-name-type',
  'edgekv.read': 'edgekv get-item',
  'edgekv.write': 'edgekv put-item',
  'edgekv.delete': 'edgekv delete-item',
  'edgekv.list': 'edgekv get-group-items',
  'networklist.list': 'network-lists get-network-lists',
  'networklist.get': 'network-lists get-network-list',
  'networklist.add': 'network-lists post-network-list-append',
  'networklist.remove': 'network-lists delete-network-list-elements',
  'networklist.activate': 'network-lists post-network-list-activate',
  'cpcode.list': 'papi get-cpcodes',
  'linode.list': 'linode get-linode-instances',
  'linode.reboot': 'linode post-reboot-linode-instance',
  'linode.boot': 'linode post-boot-linode-instance',
  'linode.shutdown': 'linode post-shutdown-linode-instance',
};

const answerSchema = z.object({
  choices: z.tuple([
    z.object({
      message: z.object({ content: z.string() }),
      logprobs: z.object({ content: z.array(z.object({ logprob: z.number() })).min(1) }),
    }),
  ]),
});

/**
 * What the operator model would do about a request, if one is deployed and this home's server is up to answer at once.
 * Nothing otherwise, whatever the reason: a search never waits for a model and never fails because of one.
 */
export async function operatorProposals(
  request: string,
  services: Services,
  signal: AbortSignal,
  waitMilliseconds = longestWaitMilliseconds,
): Promise<Proposal[]> {
  try {
    const name = deployedOperator(services);
    if (name === undefined) return [];
    const { 'server.host': host, 'server.port': port } = services.config.values;
    const response = await fetch(`${addressUrl(host, port)}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: name,
        messages: [{ role: 'user', content: request }],
        max_tokens: longestAnswerTokens,
        temperature: 0,
        logprobs: true,
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(waitMilliseconds)]),
    });
    return proposalsOf(JSON.parse(await boundedText(response, longestAnswerBytes, 'The proposal')));
  } catch {
    return [];
  }
}

/** The proposal in an answer of the OpenAI API; none where it says `none` or is no proposal at all. */
export function proposalsOf(answer: unknown): Proposal[] {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return [];
  const { message, logprobs } = parsed.data.choices[0];
  const proposal = parseOperatorProposal(message.content);
  if (proposal === undefined || proposal.operation === 'none') return [];
  const gentle = catalogueOperations[proposal.operation];
  const meant = proposal.arguments.action === 'DELETE' ? gentle.replace('post-invalidate', 'post-delete') : gentle;
  const [api = '', operationId = ''] = meant.split(' ');
  const confidence = Math.exp(Math.min(...logprobs.content.map(({ logprob }) => logprob)));
  return [{ api, operationId, confidence }];
}

function deployedOperator({ registry }: Services): string | undefined {
  return registry
    .deployments()
    .find(({ artifact }) => textCodecOf(registry.model(registry.artifact(artifact).model), registry) !== undefined)
    ?.name;
}
