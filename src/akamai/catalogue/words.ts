const STOP = new Set(
  (
    'a an and any are as at be been by can do does for from had has have he her his how i if in into is it its me my not ' +
    'of off on onto or our out over own she so some that the their them then there these they this those to too up us ' +
    'use used uses using was we were what when where which while who whose why will with would you your also only than ' +
    'more such each see ref via want need please let should could must may might just now very like get got gets getting'
  ).split(' '),
);

/** Spellings that people and documents mix, brought to one. Applied to lower-case text before it is split. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/\bcp[- ]?codes?\b|\bcontent provider codes?\b/g, 'cpcode'],
  [/\bedge[- ]?host ?names?\b/g, 'edge hostname'],
  [/\bedge[- ]?workers?\b/g, 'edgeworker'],
  [/\bedge[- ]?kv\b/g, 'edgekv'],
  [/\bdata[- ]?cent(?:er|re)(s?)\b/g, 'datacenter$1'],
  [/\bdns[- ]?sec\b/g, 'dnssec'],
  [/\bnet ?storage\b/g, 'netstorage'],
  [/\bsite[- ]?shield\b/g, 'siteshield'],
  [/\bnode ?balancers?\b/g, 'nodebalancer'],
  [/\bstack ?scripts?\b/g, 'stackscript'],
  [/\bdata ?streams?\b/g, 'datastream'],
  [/\bload[- ]balanc(?:er|ers|ing)\b/g, 'loadbalancer'],
  [/\bhost ?names?\b/g, 'hostname'],
  [/\brecord ?sets?\b/g, 'recordset'],
  [/\bpost[- ]?gre[- ]?(?:sql|s)?\b/g, 'postgresql'],
  [/\bback ?ups?\b/g, 'backup'],
  [/\bblack[- ]?lists?\b|\bblock[- ]lists?\b|\bdeny[- ]?lists?\b/g, 'blocklist'],
  [/\bwhite[- ]?list(?:s|ed|ing)?\b|\ballow[- ]lists?\b/g, 'allowlist'],
  [/\bcloud ?wrapper\b/g, 'cloudwrapper'],
  [/\broll(?:ing|ed)?[- ]?back\b/g, 'rollback'],
  [/\bsign[- ]?in\b|\blog[- ]?ins?\b|\blogged in\b|\blog[- ]?on\b|\bsigned in\b/g, 'login'],
  [/\bopen ?api\b|\bswagger\b/g, 'openapi'],
  [/\bmulti[- ]?factor\b|\btwo[- ]?factor\b|\b2fa\b|\bsecond factor\b/g, 'mfa'],
  [/\btime[- ]?series\b/g, 'timeseries'],
  [/\bhttps?\b/g, 'http'],
];

/** Splits prose, camelCase, kebab-case and paths into lower-case words without the little ones. */
export function wordsOf(text: string): string[] {
  return allWordsOf(text).filter((word) => word.length > 1 && !STOP.has(word));
}

/** The same with the little ones, for phrases in which they count: "who changed", "what changed". */
export function allWordsOf(text: string): string[] {
  let spaced = text
    .replace(/\]\([^)]*\)/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase();
  for (const [pattern, replacement] of SPELLINGS) spaced = spaced.replace(pattern, replacement);
  return spaced.split(/[^a-z0-9]+/).filter((word) => word !== '');
}
