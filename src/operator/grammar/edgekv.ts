import type { SeededRandom } from '../../random/seeded-random.ts';
import { drawNetwork, type GrammarEntry } from './entry.ts';
import { asWritten, type DrawnValue, dashedName, noun, quotedSometimes } from './values.ts';

function place(random: SeededRandom): DrawnValue {
  const roll = random.unit();
  if (roll < 0.4) return asWritten(noun(random));
  if (roll < 0.5)
    return asWritten(random.pick(['default', 'prod', 'users', 'sessions', 'config', 'cache', 'data', 'main', 'test']));
  if (roll < 0.9) return quotedSometimes(random, dashedName(random), 0.1);
  return quotedSometimes(random, noun(random), 1);
}

const key = (random: SeededRandom): DrawnValue =>
  random.chance(0.12)
    ? asWritten(
        `${random.pick(['user', 'session', 'item', 'sku'])}${random.pick(['-', '_', ':'])}${random.between(1, 99_999)}`,
      )
    : place(random);

function itemValue(random: SeededRandom): DrawnValue {
  const roll = random.unit();
  if (roll < 0.2) return asWritten(noun(random));
  if (roll < 0.32) return asWritten(`${random.between(0, 5000)}`);
  if (roll < 0.42)
    return asWritten(
      random
        .pick(['true', 'false', 'on', 'off', 'enabled', 'disabled', 'yes', 'no'])
        .replace(/^(on|off|yes|no)$/, 'true'),
    );
  if (roll < 0.55) return asWritten(dashedName(random));
  if (roll < 0.68) {
    const json = random.pick([
      `{"${noun(random)}": ${random.between(1, 99)}}`,
      `{"enabled":true}`,
      `{"${noun(random)}":"${noun(random)}","${noun(random)}":[1,2]}`,
      `["${noun(random)}","${noun(random)}"]`,
    ]);
    return asWritten(json);
  }
  if (roll < 0.9)
    return quotedSometimes(random, `${noun(random)} ${random.pick(['is', 'for', 'and', 'with'])} ${noun(random)}`, 1);
  return quotedSometimes(random, noun(random), 1);
}

const one = (random: SeededRandom) => ({
  namespace: place(random),
  group: place(random),
  key: key(random),
  value: itemValue(random),
  network: drawNetwork(random),
});

export const edgeKvGrammar: readonly GrammarEntry[] = [
  {
    operation: 'edgekv.read',
    values: one,
    commands: [
      '[read|get|fetch|show|show me|look up|print|retrieve] {item} $key from {namespace} $namespace {group} $group {on-network?}',
      '[read|get|fetch|show|show me|look up|retrieve] {item} $key [in|from|of] {group} $group [in|of|,] {namespace} $namespace {on-network?}',
      '[read|get|fetch|show|show me|look up|retrieve] {item} $key [in|from] {namespace} $namespace, {group} $group {on-network?}',
      '[read|get|fetch|show|show me|look up|retrieve] {item} $key [in|from] {namespace} $namespace and {group} $group {on-network?}',
      '[read|get|fetch|show|look up] {item} $key from {edgekv} {on-network?}',
      '[read|get|fetch|show|look up] {item} $key from {edgekv} {namespace} $namespace {group} $group {on-network?}',
      '[read|get|fetch|show] {item} $key [in|from] {namespace} $namespace {on-network?}',
      '[read|get|fetch|show] {item} $key [in|from] {group} $group {on-network?}',
      '[read|get|fetch|show|tell me|find out] the [value|content] [of|for] {item} $key in {namespace} $namespace {group} $group {on-network?}',
      '[read|get|fetch|show|tell me] [the |]{edgekv} value [of|for] {item?} $key in {group} $group [of|in|,] {namespace} $namespace {on-network?}',
      '[read|get|fetch|show] the edgekv item $key {on-network?}',
      '[read|get|fetch|show] the $key {item} [in|from] {namespace} $namespace {group} $group {on-network?}',
      'from {namespace} $namespace {group} $group [read|get|fetch|show] {item} $key {on-network?}',
      'in {namespace} $namespace, {group} $group[,|] [read|get|fetch|look up] {item} $key {on-network?}',
      '[read|get|fetch] edgekv $namespace $group $key {on-network?}',
      '[read|get|fetch] $key from edgekv [namespace |]$namespace, group $group {on-network?}',
      '[read|get|fetch|look up] $namespace/$group/$key [from|in] edgekv {on-network?}',
    ],
    others: [
      'what is the value [of|for] {item} $key in {namespace} $namespace {group} $group {on-network?}[?|]',
      'what is [in|stored under|stored in|stored at|saved under] {item} $key [of|in] {group} $group [in|of|,] {namespace} $namespace {on-network?}[?|]',
      'what is [in|stored under|stored in|stored at] {edgekv} {item} $key {on-network?}[?|]',
      'what does {item} $key [contain|hold|say] in {namespace} $namespace {group} $group {on-network?}[?|]',
      'what value does {item} $key have in {namespace} $namespace {group} $group {on-network?}[?|]',
      'value of {item} $key in {namespace} $namespace {group} $group {on-network?}',
      'edgekv read $namespace $group $key {on-network?}',
      'edgekv get {namespace} $namespace {group} $group {item} $key {on-network?}',
      '{namespace} $namespace {group} $group {item} $key, [read it|what is the value] {on-network?}',
      '[i need|we need] the value of {item} $key in {namespace} $namespace {group} $group {on-network?}',
    ],
  },
  {
    operation: 'edgekv.write',
    values: one,
    commands: [
      '[set|write|put|store|save|update|change] {item} $key [to|=|with value|with the value] $value in {namespace} $namespace {group} $group {on-network?}',
      '[set|update|change] {item} $key in {namespace} $namespace {group} $group to $value {on-network?}',
      '[set|update|change] {item} $key [in|of] {group} $group [in|of|,] {namespace} $namespace to $value {on-network?}',
      '[set|update|change] {item} $key in {namespace} $namespace, {group} $group[,|] to $value {on-network?}',
      '[write|put|store|save|insert|add] $value [to|into|under|in|as|at] {item} $key [in|of] {namespace} $namespace {group} $group {on-network?}',
      '[write|put|store|save|insert|add] the value $value [to|into|under|in|as|at] {item} $key [in|of] {group} $group [in|of|,] {namespace} $namespace {on-network?}',
      '[write|put|store|save|insert|add] {item} $key with [value|the value|content] $value [to|in|into] {namespace} $namespace {group} $group {on-network?}',
      '[write|put|store|save|insert|add] {item} $key = $value [to|in|into] {namespace} $namespace {group} $group {on-network?}',
      '[set|update|change|write] the [value|content] of {item} $key [in|of] {namespace} $namespace {group} $group to $value {on-network?}',
      '[set|update|write|put] {edgekv} {item} $key to $value {on-network?}',
      '[set|update|put|write] {item} $key to $value {on-network?}',
      '[set|update|put|write|store] {item} $key in {group} $group [of|in|,] {namespace} $namespace [to|with value|=] $value {on-network?}',
      '[save|store|put|write] $value as {item} $key [in|of] {namespace} $namespace, {group} $group {on-network?}',
      '[set|update|write] $key to $value in {edgekv} {namespace} $namespace {group} $group {on-network?}',
      '[set|update|write] $key to $value [in|for] {group} $group of {namespace} $namespace {on-network?}',
      'in {namespace} $namespace {group} $group[,|] [set|write|update|put] {item} $key [to|=|with value] $value {on-network?}',
      '[write|put|store] $key=$value [to|in|into] edgekv {namespace} $namespace {group} $group {on-network?}',
      '[set|update] {item} $key in {namespace} $namespace to $value {on-network?}',
      '[set|update] {item} $key in {group} $group to $value {on-network?}',
      '[set|update|change] {item} $key to $value {on-network?}',
      '[put|write|store|save] $value [under|in|as] {item} $key of {group} $group {on-network?}',
      '[write|put|store] {item} $key = $value to {group} $group {on-network?}',
      '[write|put|store|save] $value [to|in|into] edgekv under {item} $key, {group} $group, {namespace} $namespace {on-network?}',
      '[create|add] [a new |an |the |]edgekv [item|entry] $key [with value|=|with the value] $value in {namespace} $namespace {group} $group {on-network?}',
    ],
    others: [
      '{item} $key in {namespace} $namespace {group} $group [should|must|needs to|has to] be [set to|changed to|updated to|] $value {on-network?}',
      'the value of {item} $key in {namespace} $namespace {group} $group [should|must|needs to] be $value {on-network?}',
      'can {item} $key in {namespace} $namespace {group} $group be [set|changed|updated] to $value {on-network?}[?|]',
      'edgekv write $namespace $group $key $value {on-network?}',
      'edgekv set {namespace} $namespace {group} $group {item} $key value $value {on-network?}',
      '{namespace} $namespace, {group} $group, {item} $key, value $value, [write|store|set] it {on-network?}',
      '[i want|we want|i need|we need] {item} $key in {namespace} $namespace {group} $group [set|changed|updated] to $value {on-network?}',
    ],
  },
  {
    operation: 'edgekv.delete',
    values: one,
    commands: [
      '[delete|remove|drop|erase|clear|get rid of] {item} $key from {namespace} $namespace {group} $group {on-network?}',
      '[delete|remove|drop|erase|get rid of|clear] {item} $key [in|from|of] {group} $group [in|of|,] {namespace} $namespace {on-network?}',
      '[delete|remove|drop|erase|get rid of|clear] {item} $key [in|from] {namespace} $namespace, {group} $group {on-network?}',
      '[delete|remove|drop|erase|get rid of|clear] {item} $key from {edgekv} {on-network?}',
      '[delete|remove|drop|erase|get rid of|clear] {item} $key from {edgekv} {namespace} $namespace {group} $group {on-network?}',
      '[delete|remove|drop|get rid of|clear|erase] {item} $key [in|from] {namespace} $namespace {on-network?}',
      '[delete|remove|drop|get rid of|clear|erase] {item} $key [in|from] {group} $group {on-network?}',
      '[delete|remove|drop|get rid of|clear|erase] the edgekv [item|entry|key] $key {on-network?}',
      '[delete|remove|drop|get rid of|clear|erase] the $key {item} [in|from] {namespace} $namespace {group} $group {on-network?}',
      'from {namespace} $namespace {group} $group [delete|remove|drop] {item} $key {on-network?}',
      'in {namespace} $namespace, {group} $group[,|] [delete|remove] {item} $key {on-network?}',
      '[delete|remove] $key from edgekv [namespace |]$namespace, group $group {on-network?}',
      '[delete|remove] edgekv $namespace $group $key {on-network?}',
      '[delete|remove] $namespace/$group/$key from edgekv {on-network?}',
    ],
    others: [
      '{item} $key in {namespace} $namespace {group} $group [should|must|needs to|can|has to] be [deleted|removed|dropped] {on-network?}',
      'can {item} $key in {namespace} $namespace {group} $group be [deleted|removed] {on-network?}[?|]',
      'edgekv delete $namespace $group $key {on-network?}',
      'edgekv delete {namespace} $namespace {group} $group {item} $key {on-network?}',
      '{namespace} $namespace, {group} $group, {item} $key, [delete|remove] it {on-network?}',
      '{item} $key in {namespace} $namespace {group} $group is [no longer needed|obsolete|not used anymore], [delete|remove] it {on-network?}',
      'deletion of {item} $key in {namespace} $namespace {group} $group {on-network?}',
      '[deletion|removal] of {item} $key from {namespace} $namespace {group} $group {on-network?}',
      '[deletion|removal] of {item} $key, {group} $group, {namespace} $namespace {on-network?}',
      'delete {item}: $key, {group} $group, {namespace} $namespace {on-network?}',
      "[we|i] [no longer need|don't need] {item} $key in {namespace} $namespace {group} $group, [delete|remove] it {on-network?}",
    ],
  },
  {
    operation: 'edgekv.list',
    values: one,
    commands: [
      '{show} {all} [items|keys|entries] [in|of|from] {namespace} $namespace {group} $group {on-network?}',
      '{show} {all} [items|keys|entries] [in|of|from] {group} $group [in|of|,] {namespace} $namespace {on-network?}',
      '{show} {all} [items|keys|entries] [in|of|from] edgekv {group} $group {on-network?}',
      '{show} {all} edgekv [items|keys|entries] [in|of|from] {group} $group {on-network?}',
      '{show} {all} edgekv [items|keys|entries] [in|of|from] {namespace} $namespace, {group} $group {on-network?}',
      '{show} [which|what] [items|keys|entries] [are in|exist in|we have in] {namespace} $namespace {group} $group {on-network?}',
      '{show} [the |]{group} $group [in|of] {namespace} $namespace {on-network?}',
      '{show} {all} [edgekv |][keys|items|entries] of {namespace} $namespace and {group} $group {on-network?}',
      '{show} {all} [edgekv |][keys|items|entries] [in|of] {group} $group, {namespace} $namespace {on-network?}',
      '{show} {all} [edgekv |][keys|items|entries] [in|of] {namespace} $namespace, {group} $group {on-network?}',
      'in {namespace} $namespace[,|] {show} [the |all |][items|keys|entries] of {group} $group {on-network?}',
    ],
    others: [
      '[what|which] [items|keys|entries] [are in|exist in|are stored in|do we have in] {namespace} $namespace {group} $group {on-network?}[?|]',
      '[what|which] [items|keys|entries] [are in|exist in|are stored in] {group} $group [of|in] {namespace} $namespace {on-network?}[?|]',
      '[what|which] edgekv [items|keys|entries] [are in|exist in] {group} $group {on-network?}[?|]',
      'edgekv list $namespace $group {on-network?}',
      '{namespace} $namespace {group} $group: {show} {all} [keys|items|entries] {on-network?}',
      '[keys|items|entries] [of|in] {group} $group [in|of|,] {namespace} $namespace {on-network?}',
      'i [need|want] {all} [keys|items|entries] [of|in] {namespace} $namespace {group} $group {on-network?}',
      'what is in {group} $group [of|in] {namespace} $namespace {on-network?}[?|]',
      'edgekv [items|keys|entries] [of|in] {namespace} $namespace {group} $group {on-network?}',
      'how many [items|keys|entries] are in {namespace} $namespace {group} $group {on-network?}[?|]',
    ],
  },
];
