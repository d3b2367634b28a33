import type { Feature, Rule } from '../properties/rule-outline.ts';

/** Whether a condition holds: some depend on the client, the answer or a random number, which a URL does not tell. */
type Verdict = 'yes' | 'no' | 'depends';

export interface MatchedRule {
  rule: string;
  pointer: string;
  verdict: Exclude<Verdict, 'no'>;
  /** Conditions that could not be decided. */
  dependsOn: string[];
  behaviors: string[];
}

export interface RequestFacts {
  url: URL;
  method: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
}

/** The rules of a tree that apply, or may apply, to a request, in the order in which the edge runs them: the last wins. */
export function matchRules(root: Rule, request: RequestFacts): MatchedRule[] {
  return visit(root, request, '/rules', [], []);
}

/** For each behavior the rule that has the last word, among those that surely apply and those that may. */
export function lastWord(matched: readonly MatchedRule[]): Map<string, MatchedRule> {
  const winners = new Map<string, MatchedRule>();
  for (const rule of matched) for (const behavior of rule.behaviors) winners.set(behavior, rule);
  return winners;
}

function visit(
  rule: Rule,
  request: RequestFacts,
  pointer: string,
  trail: readonly string[],
  doubts: readonly string[],
): MatchedRule[] {
  const verdicts = rule.criteria.map((criterion) => ({ criterion, verdict: judge(criterion, request) }));
  const verdict = combine(
    rule.criteriaMustSatisfy,
    verdicts.map((one) => one.verdict),
  );
  if (verdict === 'no') return [];
  const names = [...trail, rule.name];
  const open =
    verdict === 'depends' ? verdicts.filter((one) => one.verdict === 'depends').map((one) => one.criterion.name) : [];
  const dependsOn = [...doubts, ...open];
  const own: MatchedRule = {
    rule: names.join(' › '),
    pointer,
    verdict: dependsOn.length === 0 ? 'yes' : 'depends',
    dependsOn,
    behaviors: rule.behaviors.map((behavior) => behavior.name),
  };
  const children = rule.children.flatMap((child, index) =>
    visit(child, request, `${pointer}/children/${index}`, names, dependsOn),
  );
  return [own, ...children];
}

function combine(how: 'all' | 'any', verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'yes';
  const [decisive, otherwise]: [Verdict, Verdict] = how === 'all' ? ['no', 'yes'] : ['yes', 'no'];
  if (verdicts.includes(decisive)) return decisive;
  return verdicts.includes('depends') ? 'depends' : otherwise;
}

/** https://techdocs.akamai.com/property-mgr/reference: the criteria that a request alone decides. */
function judge(criterion: Feature, request: RequestFacts): Verdict {
  const { name, options } = criterion;
  const values = listOf(options.values ?? options.value);
  const caseSensitive = options.matchCaseSensitive === true;
  const path = decodedPath(request.url);
  switch (name) {
    case 'path':
      return matchAny(options, values, path, caseSensitive);
    case 'fileExtension':
      return matchAny(options, values, /\.([^./]+)$/.exec(path)?.[1] ?? '', caseSensitive);
    case 'filename':
      return matchAny(options, values, path.split('/').at(-1) ?? '', caseSensitive);
    case 'hostname':
      return matchAny(options, values, request.url.hostname, false);
    case 'requestMethod':
      return matchAny(options, values, request.method, false);
    case 'requestProtocol':
      return negate(options, listOf(options.value).includes(request.url.protocol.slice(0, -1).toUpperCase()));
    case 'queryStringParameter':
      return queryVerdict(options, values, request.url.searchParams, caseSensitive);
    case 'requestHeader':
      return headerVerdict(
        options,
        values,
        request.headers[String(options.headerName ?? '').toLowerCase()],
        caseSensitive,
      );
    default:
      return 'depends';
  }
}

function decodedPath(url: URL): string {
  try {
    return decodeURI(url.pathname);
  } catch {
    return url.pathname;
  }
}

function matchAny(
  options: Feature['options'],
  values: readonly string[],
  actual: string,
  caseSensitive: boolean,
): Verdict {
  return negate(
    options,
    values.some((pattern) => wildcardMatch(pattern, actual, caseSensitive)),
  );
}

function negate(options: Feature['options'], holds: boolean): Verdict {
  const operator = String(options.matchOperator ?? 'IS_ONE_OF');
  const wanted = !operator.includes('NOT');
  return holds === wanted ? 'yes' : 'no';
}

function queryVerdict(
  options: Feature['options'],
  values: readonly string[],
  query: URLSearchParams,
  caseSensitive: boolean,
): Verdict {
  const actual = query.get(String(options.parameterName ?? ''));
  return presence(options, values, actual ?? undefined, caseSensitive);
}

/** A header that the caller did not name may or may not be there. */
function headerVerdict(
  options: Feature['options'],
  values: readonly string[],
  actual: string | undefined,
  caseSensitive: boolean,
): Verdict {
  return actual === undefined ? 'depends' : presence(options, values, actual, caseSensitive);
}

function presence(
  options: Feature['options'],
  values: readonly string[],
  actual: string | undefined,
  caseSensitive: boolean,
): Verdict {
  const operator = String(options.matchOperator ?? '');
  if (operator === 'EXISTS') return actual === undefined ? 'no' : 'yes';
  if (operator === 'DOES_NOT_EXIST') return actual === undefined ? 'yes' : 'no';
  if (!/^(IS_ONE_OF|IS_NOT_ONE_OF|MATCHES_ONE_OF|DOES_NOT_MATCH_ONE_OF)$/.test(operator)) return 'depends';
  return negate(options, actual !== undefined && values.some((value) => wildcardMatch(value, actual, caseSensitive)));
}

/** `*` is any text and `?` any one character. Linear in both lengths but for backtracking to the last star. */
function wildcardMatch(pattern: string, text: string, caseSensitive: boolean): boolean {
  const [wanted, actual] = caseSensitive ? [pattern, text] : [pattern.toLowerCase(), text.toLowerCase()];
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < actual.length) {
    if (p < wanted.length && wanted[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === actual[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (wanted[p] === '*') p++;
  return p === wanted.length;
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
}
