import type { SeededRandom } from '../seeded-random.ts';
import { drawNetwork, type GrammarEntry, noValues } from './entry.ts';
import { asWritten, type DrawnValue, dashedName, dottedVersion, noun, quotedSometimes } from './values.ts';

/** EdgeWorkers go by number or by name. */
function edgeWorkerName(random: SeededRandom): DrawnValue {
  const roll = random.unit();
  if (roll < 0.45) return asWritten(`${random.between(100, 99_999)}`);
  if (roll < 0.85) return quotedSometimes(random, dashedName(random), 0.1);
  return quotedSometimes(random, noun(random), 0.4);
}

const one = (random: SeededRandom) => ({
  edgeWorker: edgeWorkerName(random),
  version: dottedVersion(random),
  network: drawNetwork(random),
});

export const edgeWorkerGrammar: readonly GrammarEntry[] = [
  {
    operation: 'edgeworker.activate',
    values: one,
    commands: [
      '{activate} {edgeworker} $edgeWorker {to-network?}',
      '{activate} {edgeworker} $edgeWorker {version-word} $version {to-network?}',
      '{activate} {edgeworker} $edgeWorker $version {to-network}',
      '{activate} {version-word} $version of {edgeworker} $edgeWorker {to-network?}',
      '{activate} {version-word} $version of the $edgeWorker {edgeworker} {to-network?}',
      '{activate} $version of {edgeworker} $edgeWorker {to-network?}',
      '{activate} the [latest|newest|last|new|current] version of {edgeworker} $edgeWorker {to-network?}',
      '{activate} the $edgeWorker [edgeworker|edge worker|worker] {to-network?}',
      '{activate} [code |]bundle $version of {edgeworker} $edgeWorker {to-network?}',
      '{to-network} {activate} {edgeworker} $edgeWorker {version-word} $version',
      '{to-network}, {activate} {version-word} $version of {edgeworker} $edgeWorker',
      '[start|create|trigger|request|begin|do] [an|the|a] {activation} of {edgeworker} $edgeWorker {version-word} $version {to-network?}',
      '[start|create|trigger|request|do] [an|the|a] {activation} of {edgeworker} $edgeWorker {to-network?}',
      '[put|get|bring|move] {edgeworker} $edgeWorker {version-word} $version {to-network}',
      '[put|get|bring|move] {version-word} $version of {edgeworker} $edgeWorker {to-network}',
      'make {version-word} $version of {edgeworker} $edgeWorker active {to-network?}',
      'make {edgeworker} $edgeWorker {version-word} $version active {to-network?}',
      'get {edgeworker} $edgeWorker {activated} {to-network?}',
      '{activate} {edgeworker} [named|called|with id] $edgeWorker {to-network?}',
      'switch {edgeworker} $edgeWorker to {version-word} $version {to-network?}',
    ],
    others: [
      '{edgeworker} $edgeWorker {version-word} $version [needs to be|must be|should be|has to be] {activated} {to-network?}',
      '{edgeworker} $edgeWorker [needs to be|must be|should be|has to be] {activated} {to-network?}',
      'can {edgeworker} $edgeWorker {version-word} $version be {activated} {to-network?}[?|]',
      'can {version-word} $version of {edgeworker} $edgeWorker be {activated} {to-network?}[?|]',
      '{activation} of {edgeworker} $edgeWorker {version-word} $version {to-network?}',
      '[i want|we want|i need|we need] {edgeworker} $edgeWorker {version-word} $version {activated} {to-network?}',
      '[i want|we want|i need|we need] {version-word} $version of {edgeworker} $edgeWorker {to-network}',
      '[i uploaded|we uploaded] {version-word} $version of {edgeworker} $edgeWorker, {activate} it {to-network?}',
      '{edgeworker} $edgeWorker {version-word} $version [is ready|is tested|looks good|passed], {activate} it {to-network?}',
      '{edgeworker}: $edgeWorker, version: $version, network: $network, {activate} it',
    ],
  },
  {
    operation: 'edgeworker.rollback',
    values: one,
    commands: [
      '{rollback} {edgeworker} $edgeWorker {on-network?}',
      '{rollback} {edgeworker} $edgeWorker to {version-word} $version {on-network?}',
      '{rollback} {edgeworker} $edgeWorker to $version {on-network?}',
      '{rollback} {edgeworker} $edgeWorker {on-network} to {version-word} $version',
      '{rollback} the $edgeWorker [edgeworker|edge worker|worker] {on-network?}',
      '{rollback} {edgeworker} $edgeWorker to [the |][previous|last|earlier|prior|old|last good|last working] version {on-network?}',
      'roll {edgeworker} $edgeWorker back {on-network?}',
      'roll {edgeworker} $edgeWorker back to {version-word} $version {on-network?}',
      'roll {edgeworker} $edgeWorker {on-network} back to [version |]$version',
      'go back to {version-word} $version of {edgeworker} $edgeWorker {on-network?}',
      'go back to the [previous|last|old|earlier] version of {edgeworker} $edgeWorker {on-network?}',
      '[switch|return|move|take|put|set] {edgeworker} $edgeWorker back to {version-word} $version {on-network?}',
      '[switch|return|move|take|put] {edgeworker} $edgeWorker back to the [previous|last|old] version {on-network?}',
      '{rollback} the [last|latest] [activation|deployment|release|change] of {edgeworker} $edgeWorker {on-network?}',
      '[do|start|trigger|perform] a rollback of {edgeworker} $edgeWorker [to version $version |]{on-network?}',
      'reactivate {version-word} $version of {edgeworker} $edgeWorker {on-network?}',
      'restore {version-word} $version of {edgeworker} $edgeWorker {on-network?}',
      'restore the [previous|old|last] version of {edgeworker} $edgeWorker {on-network?}',
      'bring {edgeworker} $edgeWorker back to {version-word} $version {on-network?}',
    ],
    others: [
      '{edgeworker} $edgeWorker [needs to be|must be|should be|has to be] [rolled back|reverted] {on-network?}',
      '{edgeworker} $edgeWorker [needs to be|must be|should be] [rolled back|reverted] to {version-word} $version {on-network?}',
      'can {edgeworker} $edgeWorker be [rolled back|reverted] [to version $version |]{on-network?}',
      'rollback of {edgeworker} $edgeWorker to {version-word} $version {on-network?}',
      '{edgeworker} $edgeWorker is [broken|failing|throwing errors|down] {on-network}, {rollback} to {version-word} $version',
      '{edgeworker} $edgeWorker [throws errors|is broken|fails], {rollback} it {on-network?}',
      'the [latest|last] version of {edgeworker} $edgeWorker is [broken|bad], {rollback} [it|] {on-network?}',
      '[we|i] need {edgeworker} $edgeWorker back [on|at|to] {version-word} $version {on-network?}',
    ],
  },
  {
    operation: 'edgeworker.versions',
    values: one,
    commands: [
      '{show} {all} versions of {edgeworker} $edgeWorker',
      '{show} [the |]versions [of|for] {edgeworker} $edgeWorker',
      '{show} [the |]version history [of|for] {edgeworker} $edgeWorker',
      '{show} {edgeworker} $edgeWorker versions',
      '{show} which versions {edgeworker} $edgeWorker has',
      '{show} the latest version of {edgeworker} $edgeWorker',
      '{show} [all |the |]versions of the $edgeWorker [edgeworker|edge worker|worker]',
      '{show} [the |all |][uploaded |]code bundles of {edgeworker} $edgeWorker',
      'find [the |all |]versions of {edgeworker} $edgeWorker',
    ],
    others: [
      '[what|which] versions [of|for] {edgeworker} $edgeWorker [exist|are there|do we have|were uploaded][?|]',
      '[what|which] versions does {edgeworker} $edgeWorker have[?|]',
      'how many versions does {edgeworker} $edgeWorker have[?|]',
      'what is the [latest|newest|current|last] version of {edgeworker} $edgeWorker[?|]',
      'version history of {edgeworker} $edgeWorker',
      'versions of {edgeworker} $edgeWorker',
      '{edgeworker} $edgeWorker versions',
    ],
  },
  {
    operation: 'edgeworker.activations',
    values: one,
    commands: [
      '{show} the {status} of {edgeworker} $edgeWorker {on-network?}',
      '{show} [the |]activations [of|for] {edgeworker} $edgeWorker {on-network?}',
      '{show} [the |]activation history [of|for] {edgeworker} $edgeWorker {on-network?}',
      '{show} which version of {edgeworker} $edgeWorker is [active|live|running|deployed] {on-network?}',
      '{check} the [activation|deployment|rollout] [status |]of {edgeworker} $edgeWorker {on-network?}',
      '{check} [if|whether] {edgeworker} $edgeWorker is [active|live|activated|deployed] {on-network?}',
      '{check} [if|whether] the activation of {edgeworker} $edgeWorker [is done|has finished|is complete|went through|worked] {on-network?}',
      '{check} {edgeworker} $edgeWorker activation status {on-network?}',
      '{show} what is [active|live|running] for {edgeworker} $edgeWorker {on-network?}',
    ],
    others: [
      '[what|which] version of {edgeworker} $edgeWorker is [active|live|running|deployed|activated] {on-network?}[?|]',
      "[what is|what's] the {status} of {edgeworker} $edgeWorker {on-network?}[?|]",
      'is {edgeworker} $edgeWorker [active|live|activated|deployed|running] {on-network?}[?|]',
      'is the activation of {edgeworker} $edgeWorker [done|finished|complete|ready] [yet|] {on-network?}[?|]',
      'did the activation of {edgeworker} $edgeWorker [finish|work|succeed|go through|fail] {on-network?}[?|]',
      'has {edgeworker} $edgeWorker been activated {on-network?}[?|]',
      'activation status of {edgeworker} $edgeWorker {on-network?}',
      'activation status {edgeworker} $edgeWorker {on-network?}',
      '{edgeworker} $edgeWorker activation status {on-network?}',
      'when was {edgeworker} $edgeWorker [last |]activated {on-network?}[?|]',
      'active version of {edgeworker} $edgeWorker {on-network?}',
    ],
  },
  {
    operation: 'edgeworker.list',
    values: noValues,
    commands: [
      '{show} {all} edgeworkers',
      '{show} {all} [edge workers|edgeworker ids|edgeworker scripts|edge worker functions|edgeworkers functions|workers]',
      '{show} {all} edgeworkers [we have|in the account|i can see|that exist|there are|in this account|by id]',
      '{show} edgeworkers',
      '{show} a list of [all |our |my |the |][edgeworkers|edge workers]',
    ],
    others: [
      '[what|which] [edgeworkers|edge workers] [do we have|are there|exist|do i have|can i see|are in the account][?|]',
      'how many [edgeworkers|edge workers] [do we have|are there][?|]',
      'edgeworker list',
      'list of [all |]edgeworkers',
      'all [edgeworkers|edge workers] please',
      'do we have any [edgeworkers|edge workers][?|]',
    ],
  },
];
