import type { SeededRandom } from '../../random/seeded-random.ts';
import { type GrammarEntry, noValues } from './entry.ts';
import {
  asWritten,
  type DrawnValue,
  dashedName,
  host,
  ip4,
  ip6,
  noun,
  quotedSometimes,
  timeToLive,
  zone,
} from './values.ts';

/** The target of a record of a type. */
function target(random: SeededRandom, type: string): DrawnValue {
  switch (type) {
    case 'A':
      return asWritten(ip4(random));
    case 'AAAA':
      return asWritten(ip6(random));
    case 'TXT': {
      const text = random.pick([
        'v=spf1 include:_spf.example.com ~all',
        `google-site-verification=${noun(random)}${random.between(1000, 99_999)}`,
        'v=DMARC1; p=none',
        `${noun(random)} ${noun(random)}`,
      ]);
      return quotedSometimes(random, text, 1);
    }
    case 'SRV':
      return quotedSometimes(random, `10 5 5060 sip.${zone(random)}`, 1);
    case 'CAA':
      return { written: `"0 issue letsencrypt.org"`, value: '0 issue letsencrypt.org' };
    default:
      return quotedSometimes(random, random.chance(0.25) ? `${host(random)}.edgesuite.net` : host(random), 0.04);
  }
}

const drawType = (random: SeededRandom): string =>
  random.pick('A A A A CNAME CNAME CNAME AAAA AAAA MX MX TXT TXT NS NS PTR PTR CAA SRV'.split(' '));

/** The name of a record: fully qualified, or relative to the zone that the request names. */
const fullName = (random: SeededRandom): DrawnValue =>
  random.chance(0.06)
    ? asWritten(`_dmarc.${zone(random)}`)
    : quotedSometimes(random, random.chance(0.06) ? `*.${zone(random)}` : host(random), 0.05);

const relativeName = (random: SeededRandom): DrawnValue =>
  quotedSometimes(
    random,
    random.pick(['www', 'api', 'mail', '@', 'ftp', 'vpn', 'dev', noun(random), noun(random), dashedName(random)]),
    0.15,
  );

function record(random: SeededRandom, type = drawType(random)): Record<string, DrawnValue> {
  return { name: fullName(random), type: asWritten(type), ttl: timeToLive(random), target: target(random, type) };
}

const inZone = (random: SeededRandom) => ({
  ...record(random),
  name: random.chance(0.75) ? relativeName(random) : fullName(random),
  zone: quotedSometimes(random, zone(random), 0.05),
});

const addressRecord = (random: SeededRandom) => record(random, random.chance(0.75) ? 'A' : 'AAAA');

export const dnsGrammar: readonly GrammarEntry[] = [
  {
    operation: 'dns.zone.list',
    values: noValues,
    commands: [
      '{show} {all} [zones|dns zones|edge dns zones|dns domains]',
      '{show} {all} [dns |]zones [we have|in the account|that exist|on edge dns|in edge dns|we host|we manage|i can see]',
      '{show} [dns |]zones',
      '{show} a list of [all |our |the |][dns |]zones',
    ],
    others: [
      '[what|which] [dns |]zones [do we have|are there|exist|do we host|do we manage|can i see][?|]',
      'how many [dns |]zones [do we have|are there][?|]',
      '[dns |]zone list',
      'list of [all |][dns |]zones',
      '[which|what] domains [do we host on|are in|do we have in|are on] edge dns[?|]',
      'all [dns |]zones please',
    ],
  },
  {
    operation: 'dns.record.list',
    values: inZone,
    commands: [
      '{show} {all} [dns |]records [of|in|for] $zone',
      '{show} {all} [dns |]records [of|in|for] {zone} $zone',
      '{show} [the |]dns [of|for] $zone',
      '{show} [the |]dns [entries|settings|setup] [of|for|in] {zone?} $zone',
      '{show} {all} $type records [of|in|for] {zone?} $zone',
      '{show} $zone [dns |]records',
      '{show} [dns |]records of type $type [of|in|for] {zone?} $zone',
      '{show} [which|what] [dns |]records [are in|exist in|are there for|we have for] {zone?} $zone',
      '{show} what is in {zone} $zone',
      '{show} [which|what] $type records {zone?} $zone has',
    ],
    others: [
      '[what|which] [dns |]records [are in|exist in|are there in|do we have for|are there for|do we have in] {zone?} $zone[?|]',
      '[what|which] [dns |]records does {zone?} $zone [have|contain][?|]',
      '[what|which] $type records [are in|exist in|are there for|do we have for] {zone?} $zone[?|]',
      'what is in {zone} $zone[?|]',
      '[dns |]records [of|for|in] {zone?} $zone',
      '$type records [of|for|in] {zone?} $zone',
      'dns records $zone',
      'how many [dns |]records does {zone?} $zone have[?|]',
      'does {zone?} $zone have [any |]$type records[?|]',
      '{zone} $zone, all [dns |]records',
    ],
  },
  {
    operation: 'dns.record.add',
    values: record,
    commands: [
      '[add|create|insert|make|set up|register] [a|an|a new|the|] $type {record} [for|called|named|at|] $name [pointing to|pointing at|with target|with value|to|->|with the value|that points to|with content] $target',
      '[add|create|insert|make|set up] [a|an|a new|the|] $type {record} [for|called|named|at|] $name [pointing to|with target|with value|to|->|with the value|that points to] $target [with ttl|with a ttl of|ttl|and ttl|, ttl|and a ttl of|, time to live|with a time to live of] $ttl',
      '[add|create] $type $name $target',
      '[add|create] $type $name $target $ttl',
      '[add|create] $name $type $target',
      '[add|create] [dns |]record $name $type $target [ttl |]$ttl',
      '[add|create] [dns |]record[:|] name $name, type $type, target $target, ttl $ttl',
      '[add|create|insert] [a |the |]dns {record} $name of type $type [with target|with value|pointing to|to] $target',
      '[add|create|insert] [a |the |]dns {record} of type $type for $name [with target|with value|pointing to|to] $target [and ttl|with ttl|ttl] $ttl',
      '[add|create|insert] [a |an |]$type {record} with name $name and [target|value] $target',
      '[add|create|insert] [a |an |]$type {record} with name $name, [target|value] $target and ttl $ttl',
      '[add|create] [a |an |]$type {record} with ttl $ttl [for|from] $name to $target',
      '[add|create] $target as [a |an |the |a new |]$type {record} [for|of|on] $name',
      '[add|create|set up] [a |an |]$type from $name to $target',
      '[add|create|set up] [a |an |]$type from $name to $target [with ttl|ttl|with a ttl of] $ttl',
      '[add|create|publish] [a |an |]$type {record} [on|for] $name saying $target',
    ],
    others: [
      '$name needs [a|an] $type {record} [to|pointing to|with value|for|with] $target',
      '[we need|i need|we want|i want] [a|an|a new|the] $type {record} for $name [pointing to|to|with target|with value|with] $target',
      '[we need|i need|we want] [a|an|a new|the] $type {record} for $name [pointing to|to|with target|with value] $target [with ttl|ttl|and ttl] $ttl',
      'new $type {record}[:|] $name [->|to|=|with target] $target',
      'new $type {record}[:|] $name [->|to|=|with target] $target, ttl $ttl',
      'new [dns |]record $name $type $target',
      'can [a|an] $type {record} be [added|created] for $name [to|pointing to|with value] $target[?|]',
      '[a|an] $type {record} [for|from] $name to $target [should|must|needs to] be [added|created]',
      'dns add $type $name $target',
      'dns add $name $type $target ttl $ttl',
    ],
  },
  {
    operation: 'dns.record.add',
    values: inZone,
    commands: [
      '[add|create|insert|make] [a|an|a new|] $type {record} [for|called|named] $name [in|to|into|on] {zone?} $zone [pointing to|with target|with value|to|that points to] $target',
      '[add|create|insert|make] [a|an|a new|] $type {record} [for|called|named] $name [in|to|into|on] {zone?} $zone [pointing to|with target|with value|to] $target [with ttl|with a ttl of|, ttl|and ttl] $ttl',
      '[add|create|insert|make] [a|an|a new|] $type {record} [in|to] {zone?} $zone: $name -> $target',
      '[in|to|for] {zone?} $zone[,|] [add|create|insert] [a|an|a new|] $type {record} $name [pointing to|with target|with value|to|->] $target',
      '[in|to|for] {zone?} $zone[,|] [add|create|insert] [a|an|a new|] $type {record} [for |]$name [pointing to|with target|with value|to|->] $target [with ttl|ttl|and ttl] $ttl',
      '[add|create] [a |the |][dns |]{record} in {zone?} $zone with name $name, type $type, [target|value] $target and ttl $ttl',
      '[add|create] [a |the |][dns |]{record} to {zone?} $zone with name $name, type $type and [target|value] $target',
      '[add|create] $name $type $target [in|to] {zone?} $zone',
      '[add|create] $type $name $target [in|to] {zone?} $zone [ttl|with ttl] $ttl',
      '[add|create] [a |an |]$type {record} $name $target [in|to] {zone?} $zone',
    ],
    others: [
      '{zone} $zone needs [a|an|a new] $type {record} $name [pointing to|to|with value] $target',
      '[we need|i need] [a|an|a new] $type {record} $name in {zone?} $zone [pointing to|to|with value] $target',
      '{zone}: $zone, name: $name, type: $type, target: $target, ttl: $ttl, add [it|this record]',
    ],
  },
  {
    operation: 'dns.record.add',
    values: addressRecord,
    implied: ['type'],
    commands: [
      '[add|create|insert|make|set up] [a |a new |the |]dns {record} [for|called|named] $name [pointing to|with target|with value|to|->|with the value] $target',
      '[add|create|insert|make|set up] [a |a new |the |][dns entry|dns record|address record|host record] [for|called|named] $name [pointing to|with target|with value|to|->|with] $target [with ttl|with a ttl of|ttl|and ttl] $ttl',
      '[add|create|insert] [a |a new |]record $name [pointing to|->|to|with target] $target',
      '[add|create|insert] [dns |][for |]$name -> $target',
      '[add|create|insert] $name to dns with [address|ip|the ip|ip address] $target',
      '[add|create] [a |]new host $name with ip $target to dns',
    ],
    others: [
      '$name needs a [dns record|dns entry] [to|for|pointing to] $target',
      'new dns {record}[:|] $name [->|to|=] $target',
    ],
  },
  {
    operation: 'dns.record.change',
    values: record,
    commands: [
      '[change|update|modify|edit|set|alter] the $type {record} [of|for|on|at|] $name to $target',
      '[change|update|modify|edit|alter] [the |]$type {record} $name [so that it points|to point] [to|at] $target',
      '[change|update|modify|edit|alter] [the |]$type {record} [of|for|] $name to $target [with ttl|with a ttl of|and set the ttl to|and ttl] $ttl',
      '[change|update|modify|edit|set|switch] the target of [the |]$type {record} $name to $target',
      '[change|update|modify|edit|set] the ttl of [the |]$type {record} [for |of |]$name to $ttl',
      '[change|update|lower|raise|reduce|increase|set|edit] the ttl [of|for|on] $name to $ttl',
      '[set|make] the ttl [of|for|on] [the |][dns |]record $name to $ttl',
      '[change|update|lower|raise|edit|modify] [the |]ttl [of|for|on] [the |][dns |]record $name to $ttl',
      '[change|update|set|lower|raise] [the |]ttl to $ttl [for|on] [the |][dns |][record |]$name',
      '[give|assign] [the |][dns |]record $name a ttl of $ttl',
      '[lower|raise|reduce|increase] [the |]ttl [of|for] [the |]$type {record} $name to $ttl',
      '[set|make] [the |]$type {record} [of|for|] $name to $target',
      '[replace|swap] the [value|target|content] of [the |]$type {record} [for |]$name [with|by] $target',
      '[point|repoint|redirect] [the |]$type {record} [of|for|] $name [to|at] $target',
      '[change|update|edit] $type $name to $target',
      '[change|update|edit] $name $type to $target',
    ],
    others: [
      'the $type {record} [of|for|] $name [should|must|needs to|has to] [point to|be|point at|change to|become] $target',
      'the ttl of $name [should|must|needs to|has to] be $ttl',
      'the ttl of [the |]$type {record} $name [should|must|needs to] be $ttl',
      'can the $type {record} [of|for|] $name be [changed|updated|set|switched] to $target[?|]',
      '[i want|we want|please get] the ttl of $name [down|up|raised|lowered|increased|reduced|changed] to $ttl',
      'ttl of $name [to|->|=] $ttl',
      '$name [needs|should get|should have] a ttl of $ttl',
      'the ttl of [the |][dns |]record $name [should be|must be|has to be] $ttl',
      '[dns |]record $name [needs|should have] [a |]ttl [of |]$ttl',
      'can the ttl of $name be [changed|updated|set|lowered|raised] to $ttl[?|]',
      '[dns change|dns update|record change]: $type $name [->|to|=] $target',
      '[i want|we want|i need|we need] the $type {record} [of|for] $name [changed|updated|set|switched] to $target',
      '[i want|we want|i need|we need] the ttl of $name [changed|lowered|set|raised] to $ttl',
    ],
  },
  {
    operation: 'dns.record.change',
    values: inZone,
    commands: [
      '[change|update|modify|edit] the $type {record} [for |]$name in {zone?} $zone to $target',
      '[change|update|modify|edit] the $type {record} [for |]$name [in|of] {zone?} $zone to $target [with ttl|and ttl|with a ttl of] $ttl',
      'in {zone?} $zone[,|] [change|update|set|modify|edit] [the |]$type {record} [for |]$name to $target',
      'in {zone?} $zone[,|] [change|update|set|lower|raise] [the |]ttl of $name to $ttl',
      '[change|update|set|lower|raise] the ttl of $name in {zone?} $zone to $ttl',
      '[change|update|set|edit] $name in {zone?} $zone to $target',
    ],
    others: [
      'the $type {record} $name in {zone?} $zone [should|must|needs to] [be|point to|point at] $target',
      'in {zone?} $zone the ttl of $name should be $ttl',
    ],
  },
  {
    // "Point www at 1.2.3.4" changes whatever is there; the address tells the type.
    operation: 'dns.record.change',
    values: addressRecord,
    implied: ['type'],
    commands: [
      '[point|repoint|move|switch|redirect] $name [to|at] $target',
      '[point|repoint] $name [to|at] $target [with ttl|with a ttl of|ttl] $ttl',
      '[change|update|set|switch] [the |][dns|dns record|record|dns entry|ip|ip address|address] [of|for] $name to $target',
      'make $name [point to|point at|resolve to] $target',
      '[change|update] the ip of $name [to|into] $target',
      '[change|update] [the |]dns [record |][so that|so] $name [points to|points at|resolves to] $target',
      '[let|have] $name [point|resolve] to $target',
    ],
    others: [
      '$name [should|must|needs to|has to] [point to|point at|resolve to|go to] $target',
      '$name [has a new ip|moved to|is now at|has moved to|has a new address][,|:|] $target, [change|update] the dns [record|]',
      'the ip of $name [should be|must be|changes to|is now] $target',
    ],
  },
  {
    operation: 'dns.record.delete',
    values: record,
    commands: [
      '[delete|remove|drop|get rid of|clean up|erase] the $type {record} [of|for|on|at|] $name',
      '[delete|remove|drop] $type $name [from dns|]',
      '[delete|remove|drop|get rid of] the [dns record|dns entry|record] [of|for|] $name',
      '[delete|remove|drop|take] $name [from dns|from the dns|out of dns]',
      '[delete|remove|drop] [dns |]record $name',
      '[delete|remove|drop] [dns |]record $name of type $type',
      '[delete|remove|drop] [the |]{record} $name [type|with type|of type] $type',
      '[delete|remove|drop] $name $type {record}',
      '[delete|remove] [the |]old $type {record} [of|for|] $name',
    ],
    others: [
      'the $type {record} [of|for|] $name [should|must|needs to|can|has to] be [deleted|removed|dropped]',
      'the [dns |]record $name [should|must|needs to|can|has to] be [deleted|removed|dropped]',
      'can the $type {record} [of|for|] $name be [deleted|removed]',
      "[we|i] [no longer need|do not need|don't need] the $type {record} [of|for|] $name [anymore|], [delete|remove] it",
      'the [dns |]record $name is no longer [needed|used], [delete|remove] it',
      'dns delete $type $name',
      'deletion of [the |]$type {record} [for|of] $name',
    ],
  },
  {
    operation: 'dns.record.delete',
    values: inZone,
    commands: [
      '[delete|remove|drop|get rid of] the $type {record} [for |]$name [from|in|of] {zone?} $zone',
      '[delete|remove|drop] [the |][dns |]{record} $name [from|in] {zone?} $zone',
      '[in|from] {zone?} $zone[,|] [delete|remove|drop] [the |]$type {record} [for |]$name',
      '[in|from] {zone?} $zone[,|] [delete|remove|drop] [the |]{record} $name',
      '[delete|remove|drop] $name [from|in] {zone} $zone',
    ],
    others: [
      'the $type {record} $name in {zone?} $zone [should|must|can] be [deleted|removed]',
      '{zone?} $zone no longer needs the $type {record} $name, [delete|remove] it',
    ],
  },
];
