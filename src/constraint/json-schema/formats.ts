import type { Language, Languages } from '../regular/language.ts';
import { wholeLanguage } from '../regular/pattern-language.ts';

const DAY_31 = '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])';
const DAY_30 = '(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)';
const FEBRUARY = '02-(?:0[1-9]|1\\d|2[0-8])';
const LEAP_YEAR = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
const DATE = `(?:\\d{4}-(?:${DAY_31}|${DAY_30}|${FEBRUARY})|${LEAP_YEAR}-02-29)`;
const ZONE = '(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)';
const TIME = `(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?${ZONE}|23:59:60(?:\\.\\d+)?[Zz])`;

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOSTNAME = `(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*`;
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const EMAIL = `${ATOM}(?:\\.${ATOM})*@(?:${LABEL})(?:\\.${LABEL})*`;

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = `${BYTE}(?:\\.${BYTE}){3}`;
const H16 = '[0-9A-Fa-f]{1,4}';
const LS32 = `(?:${H16}:${H16}|${IPV4})`;
const IPV6 = [
  `(?:${H16}:){6}${LS32}`,
  `::(?:${H16}:){5}${LS32}`,
  `(?:${H16})?::(?:${H16}:){4}${LS32}`,
  `(?:(?:${H16}:){0,1}${H16})?::(?:${H16}:){3}${LS32}`,
  `(?:(?:${H16}:){0,2}${H16})?::(?:${H16}:){2}${LS32}`,
  `(?:(?:${H16}:){0,3}${H16})?::${H16}:${LS32}`,
  `(?:(?:${H16}:){0,4}${H16})?::${LS32}`,
  `(?:(?:${H16}:){0,5}${H16})?::${H16}`,
  `(?:(?:${H16}:){0,6}${H16})?::`,
].join('|');

const ESCAPED = '%[0-9A-Fa-f]{2}';
const UNRESERVED = 'A-Za-z0-9._~\\-';
const SUB_DELIMS = "!$&'()*+,;=";
const PCHAR = `(?:[${UNRESERVED}${SUB_DELIMS}:@]|${ESCAPED})`;
const SEGMENTS = `(?:/${PCHAR}*)*`;
const REG_NAME = `(?:[${UNRESERVED}${SUB_DELIMS}]|${ESCAPED})*`;
const USER = `(?:(?:[${UNRESERVED}${SUB_DELIMS}:]|${ESCAPED})*@)?`;
const AUTHORITY = `${USER}(?:\\[(?:${IPV6})\\]|${REG_NAME})(?::\\d*)?`;
const TAIL = `(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?`;
const HIERARCHY = `(?://${AUTHORITY}${SEGMENTS}|/(?:${PCHAR}+${SEGMENTS})?|${PCHAR}+${SEGMENTS})`;
const SCHEME = '[A-Za-z][A-Za-z0-9+.-]*';
const URI = `${SCHEME}:${HIERARCHY}${TAIL}`;
const SEGMENT_NO_COLON = `(?:[${UNRESERVED}${SUB_DELIMS}@]|${ESCAPED})+`;
const RELATIVE = `(?://${AUTHORITY}${SEGMENTS}|/(?:${PCHAR}+${SEGMENTS})?|${SEGMENT_NO_COLON}${SEGMENTS}|)`;
const URI_REFERENCE = `(?:${URI}|${RELATIVE}${TAIL})`;
const international = (pattern: string): string =>
  pattern.replaceAll(UNRESERVED, `${UNRESERVED}\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef`);
const POINTER = '(?:/(?:[^~/]|~[01])*)*';

const DURATION_TIME = 'T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)';
const DURATION_DATE = '(?:\\d+D|\\d+M(?:\\d+D)?|\\d+Y(?:\\d+M(?:\\d+D)?)?)';
const DURATION = `P(?:${DURATION_DATE}(?:${DURATION_TIME})?|${DURATION_TIME}|\\d+W)`;

const LITERAL = '[^\\u0000-\\u0020"\'%<>\\\\^`{|}]';
const VARNAME = `(?:[A-Za-z0-9_]|${ESCAPED})(?:\\.?(?:[A-Za-z0-9_]|${ESCAPED}))*`;
const VARSPEC = `${VARNAME}(?::[1-9]\\d{0,3}|\\*)?`;
const TEMPLATE = `(?:${LITERAL}|${ESCAPED}|\\{[+#./;?&=,!@|]?${VARSPEC}(?:,${VARSPEC})*\\})*`;

/** The formats of JSON Schema that are asserted, as patterns of the whole string. */
const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE}[Tt]${TIME}`,
  duration: DURATION,
  email: EMAIL,
  'idn-email': EMAIL.replaceAll('[A-Za-z0-9', '[A-Za-z0-9\\u00a1-\\ud7ff'),
  hostname: HOSTNAME,
  ipv4: IPV4,
  ipv6: `(?:${IPV6})`,
  uuid: '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}',
  uri: URI,
  'uri-reference': URI_REFERENCE,
  iri: international(URI),
  'iri-reference': international(URI_REFERENCE),
  'uri-template': TEMPLATE,
  'json-pointer': POINTER,
  'relative-json-pointer': `(?:0|[1-9]\\d*)(?:#|${POINTER})`,
};

/** Formats of the standard whose strings are no regular language that we spell: refused rather than ignored. */
export const REFUSED_FORMATS: ReadonlySet<string> = new Set(['regex', 'idn-hostname']);

/** The strings of a format; undefined for a format that the standard does not define, which asserts nothing. */
export function formatLanguage(languages: Languages, format: string): Language | undefined {
  const pattern = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return pattern === undefined ? undefined : wholeLanguage(languages, pattern);
}
