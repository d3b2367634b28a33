import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { accountReader } from '../changes/akamai-reader.ts';
import type { AkamaiCaller, AkamaiRequest } from '../client/akamai-request.ts';
import type { Network } from '../network.ts';
import { type IndexedProperty, type PropertyIndex, serves } from '../properties/property-index.ts';
import { readRules } from '../properties/property-reads.ts';
import { ruleSchema } from '../properties/rule-outline.ts';
import { type CacheFacts, cacheFacts, debugPragma, headerMap } from './cache-headers.ts';
import { lastWord, type MatchedRule, matchRules } from './match-rules.ts';

const curlSchema = z.looseObject({
  executionStatus: z.string(),
  result: z
    .looseObject({
      httpStatusCode: z.number().int().nullish(),
      responseHeaderList: z.array(z.string()).nullish(),
    })
    .nullish(),
});
const translatedSchema = z.looseObject({ translatedUrl: z.record(z.string(), z.unknown()) });

export interface UrlExplanation {
  url: string;
  property: { propertyId: string; propertyName: string; version: number; network: Network } | null;
  /** In the order in which the edge runs them. */
  rules: MatchedRule[];
  /** Behavior to the rule that has the last word on it. */
  decidedBy: Record<string, string>;
  edge: CacheFacts | null;
  translated: Record<string, unknown> | null;
  notes: string[];
}

/** Why a URL behaves as it does: the property and rules that it runs into, and what an edge server answers now. */
export async function explainUrl(
  caller: AkamaiCaller,
  index: PropertyIndex,
  address: string,
  options: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'> & {
    network: Network;
    askEdge: boolean;
  },
): Promise<UrlExplanation> {
  const url = parseUrl(address);
  const { network, askEdge, ...as } = options;
  const notes: string[] = [];
  const property = index.properties.find((one) => one.hostnames.some((name) => serves(name, url.hostname)));
  const version = network === 'PRODUCTION' ? property?.productionVersion : property?.stagingVersion;
  let rules: MatchedRule[] = [];
  if (property === undefined) notes.push(`No property of this account serves ${url.hostname}.`);
  else if (version === null || version === undefined)
    notes.push(`${property.propertyName} is not active on ${network}.`);
  else rules = await matchedRules(caller, as, property, version, url);
  const [edge, translated] = askEdge
    ? await Promise.all([askTheEdge(caller, as, url, notes), translateUrl(caller, as, url, notes)])
    : [null, null];
  if (rules.some((rule) => rule.verdict === 'depends')) {
    notes.push(
      'Rules marked "depends" have conditions that a URL alone does not decide (client, cookies, headers, answer).',
    );
  }
  return {
    url: url.href,
    property:
      property === undefined || version === null || version === undefined
        ? null
        : { propertyId: property.propertyId, propertyName: property.propertyName, version, network },
    rules,
    decidedBy: Object.fromEntries([...lastWord(rules)].map(([behavior, rule]) => [behavior, rule.rule])),
    edge,
    translated,
    notes,
  };
}

function parseUrl(address: string): URL {
  try {
    const url = new URL(/^https?:\/\//i.test(address) ? address : `https://${address}`);
    if (url.hostname.includes('.')) return url;
  } catch {
    // told below, in the same words
  }
  throw new FtsError('invalid-input', 'That is not a URL.', {
    field: 'url',
    value: address,
    remedy: 'Write it in full, such as https://www.example.com/path?query.',
  });
}

async function matchedRules(
  caller: AkamaiCaller,
  as: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'>,
  property: IndexedProperty,
  version: number,
  url: URL,
): Promise<MatchedRule[]> {
  const tree = await readRules(accountReader(caller, as), property, version);
  return matchRules(parseWith(ruleSchema, tree.rules, 'the rule tree'), {
    url,
    method: 'GET',
    headers: { host: url.hostname },
  });
}

async function askTheEdge(
  caller: AkamaiCaller,
  as: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'>,
  url: URL,
  notes: string[],
): Promise<CacheFacts | null> {
  const body = { url: url.href, requestHeaders: [`Pragma: ${debugPragma}`] };
  try {
    const answer = await caller.requestOk({ method: 'POST', path: '/edge-diagnostics/v1/curl', body, ...as });
    const { result } = parseWith(curlSchema, answer.body, 'the answer of the edge');
    if (result?.responseHeaderList)
      return cacheFacts(result.httpStatusCode ?? null, headerMap(result.responseHeaderList));
    notes.push('The edge server could not fetch the URL.');
  } catch (error) {
    notes.push(`The edge was not asked: ${notCancelled(error).message}`);
  }
  return null;
}

async function translateUrl(
  caller: AkamaiCaller,
  as: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'>,
  url: URL,
  notes: string[],
): Promise<Record<string, unknown> | null> {
  try {
    const answer = await caller.requestOk({
      method: 'POST',
      path: '/edge-diagnostics/v1/translated-url',
      body: { url: url.href },
      ...as,
    });
    return parseWith(translatedSchema, answer.body, 'the translated URL').translatedUrl;
  } catch (error) {
    notes.push(`The URL was not translated: ${notCancelled(error).message}`);
    return null;
  }
}

/** One source that fails is a note in the answer; the caller's own wish to stop is not. */
function notCancelled(error: unknown): FtsError {
  const known = FtsError.from(error);
  if (known.kind === 'cancelled') throw known;
  return known;
}
