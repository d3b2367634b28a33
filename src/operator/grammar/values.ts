import type { SeededRandom } from '../../random/seeded-random.ts';

/** A value as a request writes it, and as the proposal must carry it. */
export interface DrawnValue {
  written: string;
  value: unknown;
}

const nouns =
  `summer winter spring autumn sale promo banner checkout cart blog sport fashion shoes jackets product catalog
images video hero footer header menu pricing login account search article recipe weather finance travel hotel flights music
movies games gaming kids beauty garden kitchen toys books press careers investor legal privacy faq landing campaign newsletter
loyalty rewards coupons vouchers gallery podcast webinar docs wiki forum community partner reseller wholesale retail outlet
store boutique bistro cafe pizza burger sushi coffee bakery florist jewelry watches glasses perfume cosmetics pharmacy clinic
dental fitness yoga cycling running soccer tennis golf hockey cricket rugby boxing sailing skiing surfing camping hiking fishing
hunting radio magazine journal gazette tribune herald chronicle acme globex initech umbrella hooli contoso fabrikam northwind
adventure wingtip litware tailspin zebra tiger falcon eagle raven phoenix dragon panda koala otter badger beaver moose salmon
trout maple cedar birch willow orchid tulip daisy jasmine lavender ginger pepper cinnamon vanilla caramel chocolate lemon
cherry mango papaya banana orange apple peach plum grape melon berry kiwi walnut almond cashew pecan amber ruby sapphire
emerald diamond pearl coral ivory crimson scarlet indigo violet magenta turquoise silver bronze copper cobalt titanium nickel
neon argon helium quartz granite marble slate onyx jade mercury venus mars jupiter saturn neptune pluto comet galaxy nebula
orion apollo artemis athena hermes zeus odin thor loki freya greeting message settings preferences theme locale currency
inventory stock basket wishlist tracking shipping returns refund invoice receipt ticket booking schedule calendar events
homepage navigation sidebar widget carousel slider thumbnail avatar logo favicon sitemap robots manifest assets fonts styles
scripts bundle vendor common shared internal external public private secure mobile desktop tablet android segment audience
region country language visitors abtest experiment variant rollout flags toggles maintenance redirects rules blocklist allowlist
denylist crawlers scrapers bots attackers partners offices vpn contractors customers employees beta alpha gamma delta omega
sigma kappa theta lambda europe asia africa oceania america canada brazil mexico germany france italy spain poland sweden
norway denmark finland ireland scotland iceland portugal greece turkey egypt kenya nigeria india japan korea china vietnam`
    .trim()
    .split(/\s+/);

const environments = ['prod', 'stage', 'dev', 'qa', 'uat', 'test', 'live', 'eu', 'us', 'apac', 'v2', '2024', '01', '7'];
const topDomains = ['com', 'net', 'org', 'io', 'co.uk', 'de', 'fr', 'eu', 'shop', 'dev', 'com.au', 'example'];
const subdomains = [
  'www',
  'api',
  'static',
  'cdn',
  'img',
  'shop',
  'blog',
  'm',
  'assets',
  'media',
  'login',
  'test',
  'origin',
];

export const noun = (random: SeededRandom): string => random.pick(nouns);

/** An identifier of the kind people give to properties, tags, keys and machines. */
export function dashedName(random: SeededRandom): string {
  const joint = random.pick(['-', '-', '-', '_', '_', '.']);
  const last = random.chance(0.3) ? random.pick(environments) : noun(random);
  const parts = [noun(random), ...(random.chance(0.25) ? [noun(random)] : []), last];
  const name = parts.join(joint);
  if (random.chance(0.1)) return name.toUpperCase();
  return random.chance(0.15) ? `${name}${random.between(1, 99)}` : name;
}

export function host(random: SeededRandom): string {
  const domain = zone(random);
  const first = random.pick([...subdomains, noun(random)]);
  const deeper = random.chance(0.1) ? `${random.pick(subdomains)}.` : '';
  return random.chance(0.15) ? domain : `${deeper}${first}.${domain}`;
}

export function zone(random: SeededRandom): string {
  const label = random.chance(0.3) ? `${noun(random)}-${noun(random)}` : noun(random);
  return `${label}.${random.pick(topDomains)}`;
}

export function path(random: SeededRandom): string {
  const depth = random.between(1, 3);
  const parts = Array.from({ length: depth }, () => random.pick([noun(random), noun(random), dashedName(random)]));
  const tail = random.pick(['', '', '/', '/*', '.html', '.css', '.js', '.jpg', '.png', '.json', '?v=2', '.php?id=17']);
  return `/${parts.join('/')}${tail}`;
}

export function url(random: SeededRandom): string {
  const scheme = random.pick(['https://', 'https://', 'https://', 'http://', '']);
  return `${scheme}${host(random)}${scheme !== '' && random.chance(0.1) ? '' : path(random)}`;
}

const byte = (random: SeededRandom): number => random.between(1, 254);

export const ip4 = (random: SeededRandom): string => [byte(random), byte(random), byte(random), byte(random)].join('.');

const hexGroup = (random: SeededRandom): string => random.between(1, 0xffff).toString(16);

export const ip6 = (random: SeededRandom): string =>
  random.chance(0.5)
    ? `2001:db8:${hexGroup(random)}::${hexGroup(random)}`
    : `2600:1f18:${hexGroup(random)}:${hexGroup(random)}::${random.between(1, 99)}`;

/** An address or a block of addresses. */
export function addressBlock(random: SeededRandom): string {
  if (random.chance(0.15)) return random.chance(0.5) ? ip6(random) : `2001:db8:${hexGroup(random)}::/48`;
  return random.chance(0.35) ? `${byte(random)}.${byte(random)}.${byte(random)}.0/24` : ip4(random);
}

const hex = (random: SeededRandom, digits: number): string =>
  Array.from({ length: digits }, () => random.between(0, 15).toString(16)).join('');

/** A reference number as an Akamai error page shows it: class, edge IP in hex, time, request id. */
export function referenceNumber(random: SeededRandom): string {
  const first = random.pick([0, 2, 6, 9, 11, 18, 30, 52, 97]);
  return `${first}.${hex(random, 8)}.${random.between(1_500_000_000, 1_790_000_000)}.${hex(random, random.between(6, 8))}`;
}

/** A name with no inner structure that could be mistaken for another kind: a noun, an identifier, or quoted words. */
export function label(random: SeededRandom): DrawnValue {
  const roll = random.unit();
  if (roll < 0.35) return asWritten(noun(random));
  if (roll < 0.8) return quotedSometimes(random, dashedName(random), 0.1);
  if (roll < 0.9) return quotedSometimes(random, noun(random), 1);
  return quotedSometimes(random, `${noun(random)} ${noun(random)}`, 1);
}

export const asWritten = (text: string): DrawnValue => ({ written: text, value: text });

export function quotedSometimes(random: SeededRandom, text: string, probability: number): DrawnValue {
  if (!random.chance(probability)) return asWritten(text);
  const [open, close] = random.pick([
    ['"', '"'],
    ['"', '"'],
    ["'", "'"],
    ['`', '`'],
    ['“', '”'],
  ] as const);
  return { written: `${open}${text}${close}`, value: text };
}

/** One to several values, written as people write lists. */
export function listOf(random: SeededRandom, draw: (random: SeededRandom) => DrawnValue, most = 4): DrawnValue {
  const count = random.chance(0.6) ? 1 : random.between(2, most);
  const values = Array.from({ length: count }, () => draw(random));
  const last = values.at(-1)!;
  const separator = random.pick([', ', ', ', ',', ' and ']);
  const before = values.slice(0, -1).map((one) => one.written);
  const joint = random.pick([' and ', ' and ', ' & ', ', and ', separator]);
  return {
    written: before.length === 0 ? last.written : `${before.join(separator)}${joint}${last.written}`,
    value: values.map((one) => one.value),
  };
}

/** A property or rule version: `12`, `v12`. */
export function wholeVersion(random: SeededRandom): DrawnValue {
  const version = random.chance(0.7) ? random.between(1, 40) : random.between(41, 900);
  return { written: random.chance(0.25) ? `v${version}` : `${version}`, value: version };
}

/** An EdgeWorker version: `1.4.0`, `v2.1`, `7`. */
export function dottedVersion(random: SeededRandom): DrawnValue {
  const parts = Array.from({ length: random.pick([1, 2, 2, 3, 3, 3]) }, () => random.between(0, 20));
  parts[0] = random.between(1, 9);
  const version = parts.join('.');
  return { written: random.chance(0.2) ? `v${version}` : version, value: version };
}

const spans: readonly [string, number][] = [
  ['5 minutes', 300],
  ['10 minutes', 600],
  ['30 minutes', 1800],
  ['15 min', 900],
  ['1 hour', 3600],
  ['an hour', 3600],
  ['2h', 7200],
  ['1h', 3600],
  ['5m', 300],
  ['1 day', 86_400],
  ['a day', 86_400],
  ['24 hours', 86_400],
  ['60s', 60],
  ['120 seconds', 120],
  ['300s', 300],
  ['600 secs', 600],
];

/** A time to live, as a count of seconds or as a duration. */
export function timeToLive(random: SeededRandom): DrawnValue {
  if (random.chance(0.35)) {
    const [written, value] = random.pick(spans);
    return { written, value };
  }
  const value = random.pick([20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]);
  return { written: `${value}`, value };
}
