import type { SeededRandom } from '../../random/seeded-random.ts';
import { drawNetwork, type GrammarEntry, noValues } from './entry.ts';
import { addressBlock, asWritten, type DrawnValue, dashedName, listOf, noun, quotedSometimes } from './values.ts';

function listName(random: SeededRandom): DrawnValue {
  const roll = random.unit();
  if (roll < 0.25)
    return asWritten(
      `${random.between(1000, 199_999)}_${noun(random).toUpperCase()}${random.chance(0.5) ? 'LIST' : ''}`,
    );
  if (roll < 0.65) return quotedSometimes(random, dashedName(random), 0.12);
  if (roll < 0.8) return asWritten(noun(random));
  return quotedSometimes(
    random,
    random.chance(0.4) ? noun(random) : `${noun(random)} ${random.pick(['block', 'allow', 'list', noun(random)])} list`,
    1,
  );
}

const one = (random: SeededRandom) => ({
  networkList: listName(random),
  elements: listOf(random, (r) => asWritten(addressBlock(r))),
  network: drawNetwork(random),
});

export const networkListGrammar: readonly GrammarEntry[] = [
  {
    operation: 'networklist.list',
    values: noValues,
    commands: [
      '{show} {all} network lists',
      '{show} {all} [ip lists|networklists|client lists|ip and geo lists|blocklists|allowlists]',
      '{show} {all} network lists [we have|in the account|that exist|i can see|there are]',
      '{show} network lists',
      '{show} a list of [all |our |the |]network lists',
    ],
    others: [
      '[what|which] network lists [do we have|are there|exist|can i see|do i have][?|]',
      'how many network lists [do we have|are there][?|]',
      'list of [all |]network lists',
      'all network lists please',
    ],
  },
  {
    operation: 'networklist.get',
    values: one,
    commands: [
      '{show-me} {network-list} $networkList',
      '{show-me} [the |][contents|content|elements|entries|members|ips|addresses] [of|in|on] {network-list} $networkList',
      '{show-me} the [details|info] of {network-list} $networkList',
      '{show} [which|what] [ips|addresses|ip addresses|elements] are [in|on] {network-list} $networkList',
      '{show} [all |the |][ips|addresses|ip addresses|elements|entries] [in|on|of] {network-list} $networkList',
      'open {network-list} $networkList',
      '{show-me} [the |]$networkList network list',
    ],
    others: [
      '[what|which] [ips|addresses|ip addresses|elements|entries] are [in|on] {network-list} $networkList[?|]',
      'what is [in|on] {network-list} $networkList[?|]',
      'what does {network-list} $networkList contain[?|]',
      '[contents|elements|entries] of {network-list} $networkList',
      'how many [ips|addresses|entries] are [in|on] {network-list} $networkList[?|]',
    ],
  },
  {
    operation: 'networklist.add',
    values: one,
    commands: [
      '[add|append|put|insert] $elements [to|into|on|onto|in] {network-list} $networkList',
      '[add|append|put|insert] {address} $elements [to|into|on|in] {network-list} $networkList',
      '[add|append|put|insert] $elements [to|into|on] [the |our |]$networkList [network list|list|ip list|blocklist|allowlist]',
      '[add|append|put] $elements to $networkList',
      '[add|append|put|insert] [the |these |this |the following ][ips|ip|addresses|entries|entry|elements|element] [to|into|in] {network-list} $networkList: $elements',
      '[add|append|put|insert] to {network-list} $networkList [the |][ip |ips |address |addresses |]$elements',
      '[block|ban|deny|blacklist|blocklist] $elements [in|on|with|using|via] {network-list} $networkList',
      '[allow|whitelist|allowlist|permit] $elements [in|on|with|using|via] {network-list} $networkList',
      '[extend|update] {network-list} $networkList with $elements',
      '[block|ban|deny] {address} $elements [in|on|with|using|via] {network-list} $networkList',
      '[include|register] $elements in {network-list} $networkList',
    ],
    others: [
      '$elements [should|must|needs to|need to|has to] be [added to|put on|in|on] {network-list} $networkList',
      '$elements [should|must|needs to] [go on|go into|be on] {network-list} $networkList',
      'can $elements be [added to|put on] {network-list} $networkList[?|]',
      '{network-list} $networkList [needs|should contain|must contain|should include|should have] $elements',
      '{network-list} $networkList: add $elements',
      '[we are attacked from|we see an attack from|attack from|bad traffic from] $elements, [add it to|put it on|add them to|put them on] {network-list} $networkList',
    ],
  },
  {
    operation: 'networklist.remove',
    values: one,
    commands: [
      '[remove|delete|take|drop] $elements [from|off|out of] {network-list} $networkList',
      '[remove|delete|take|drop] {address} $elements [from|off|out of] {network-list} $networkList',
      '[remove|delete|take|drop] $elements [from|off] [the |our |]$networkList [network list|list|ip list|blocklist|allowlist]',
      '[remove|delete|drop] $elements from $networkList',
      '[remove|delete|drop] [the |these |this |the following ][ips|ip|addresses|entries|entry|elements] from {network-list} $networkList: $elements',
      '[remove|delete|drop] from {network-list} $networkList [the |][ip |ips |address |addresses |]$elements',
      '[unblock|unban] $elements [in|on|from] {network-list} $networkList',
      '[unblock|unban] {address} $elements [in|on|from] {network-list} $networkList',
      'stop blocking $elements [in|on|with|via] {network-list} $networkList',
    ],
    others: [
      '$elements [should|must|needs to|need to|can|has to] be [removed from|taken off|deleted from|taken out of] {network-list} $networkList',
      'can $elements be [removed from|taken off|deleted from] {network-list} $networkList[?|]',
      '{network-list} $networkList [should no longer contain|must not contain|should not include|no longer needs] $elements',
      '{network-list} $networkList: remove $elements',
      '$elements is [blocked|on the list] by mistake, [remove|take] it [from|off] {network-list} $networkList',
      '$elements [should|must] no longer be [in|on] {network-list} $networkList',
    ],
  },
  {
    operation: 'networklist.activate',
    values: one,
    commands: [
      '{activate} [network list|the network list|networklist|ip list|client list|blocklist|allowlist] $networkList {to-network?}',
      '{activate} [the |our |]$networkList [network list|ip list|blocklist|allowlist] {to-network?}',
      '{activate} the [changes|latest version|new version] [of|in|to] [network list|the network list] $networkList {to-network?}',
      '[start|create|trigger|request|do] [an|the|a] {activation} of [network list|the network list] $networkList {to-network?}',
      'make network list $networkList [active|live] {on-network}',
      '[put|get|bring] [network list|the network list] $networkList {to-network}',
      'get network list $networkList {activated} {to-network?}',
      '[begin|submit|start|kick off] [the|an] {activation} [of|for] [network list|list] $networkList {to-network?}',
      '{activate} [network list|the list] $networkList {to-network}',
      '{to-network} {activate} network list $networkList',
    ],
    others: [
      '[network list|the network list|ip list] $networkList [needs to be|must be|should be|has to be] {activated} {to-network?}',
      'can network list $networkList be {activated} {to-network?}[?|]',
      '{activation} of [network list|the network list] $networkList {to-network?}',
      '[i want|we want|we need|i need] network list $networkList [active|{activated}] {to-network?}',
      'network list $networkList is ready, {activate} it {to-network?}',
      '{activation} [of|for] network list $networkList {to-network?}',
      'network list $networkList: {activate} it {to-network?}',
      'i changed network list $networkList, {activate} it {to-network?}',
    ],
  },
];

const instanceName = (random: SeededRandom): DrawnValue => {
  const roll = random.unit();
  if (roll < 0.4) return asWritten(`${random.between(100_000, 99_999_999)}`);
  if (roll < 0.85) return quotedSometimes(random, dashedName(random), 0.1);
  return quotedSometimes(random, noun(random), 0.3);
};

const region = (random: SeededRandom): DrawnValue =>
  quotedSometimes(
    random,
    random.pick([
      'us-east',
      'us-west',
      'eu-west',
      'eu-central',
      'ap-south',
      'ca-central',
      'us-ord',
      'fr-par',
      'nl-ams',
      'jp-osa',
      'frankfurt',
      'london',
      'newark',
      'singapore',
      'paris',
      'tokyo',
      'dallas',
      'fremont',
      'atlanta',
      'mumbai',
      'sydney',
      'toronto',
      'chicago',
      'amsterdam',
      'stockholm',
      'milan',
    ]),
    0.05,
  );

const machine = (random: SeededRandom) => ({ instance: instanceName(random) });

export const linodeGrammar: readonly GrammarEntry[] = [
  {
    operation: 'linode.list',
    values: (random) => ({ region: region(random) }),
    commands: [
      '{show} {all} {linodes}',
      '{show} {all} {linodes} in [the |][region |]$region',
      '{show} {all} {linodes} in the $region region',
      '{show} {all} {linodes} [we have|that exist|in the account|i can see|that are running|we run|there are|on linode]',
      '{show} {all} [running |]{linodes} [we have|that run|running|located] in $region',
      '{show} {linodes}',
      '{show} {linodes} in region $region',
      '{show} a list of [all |our |the |]{linodes}',
      '{show} {all} linode [machines|cloud servers|compute instances]',
    ],
    others: [
      '[what|which] {linodes} [do we have|are there|are running|exist|do i have][?|]',
      '[what|which] {linodes} [do we have|are there|are running|exist|run] in [region |the |]$region[?|]',
      'how many {linodes} [do we have|are there|are running][?|]',
      'how many {linodes} [do we have|are there|are running] in $region[?|]',
      'linode list',
      'list of [all |]{linodes}',
      '{linodes} in [region |]$region',
      'all {linodes} please',
    ],
  },
  {
    operation: 'linode.reboot',
    values: machine,
    commands: [
      '[reboot|restart|reset|power cycle|cycle|bounce] {linode} $instance',
      '[reboot|restart|reset|bounce] [the |our |]$instance {linode}',
      '[reboot|restart|power cycle] {linode} [named|called|with id|with label] $instance',
      'do a [reboot|restart] of {linode} $instance',
      '[perform|trigger|start|run|initiate] a [reboot|restart] of {linode} $instance',
      '[reboot|restart] the [machine|node] $instance',
      'cause {linode} $instance to [reboot|restart]',
      'get {linode} $instance [rebooted|restarted]',
      'have {linode} $instance [rebooted|restarted]',
      'turn {linode} $instance off and on [again|]',
      '[reboot|restart] $instance',
      'give {linode} $instance a [reboot|restart]',
    ],
    others: [
      '{linode} $instance [needs a|needs to be|must be|should be|has to be] [rebooted|restarted|reboot|restart]',
      'can {linode} $instance be [rebooted|restarted][?|]',
      '{linode} $instance [hangs|is stuck|is frozen|does not respond|is not responding|is unresponsive], [reboot|restart] it',
      '[reboot|restart] of {linode} $instance',
      'i [want|need] a [reboot|restart] of {linode} $instance',
      '{linode} $instance is [slow|broken|acting up|down], [reboot|restart|bounce] it',
      '[reboot|restart] needed [for|on] {linode} $instance',
    ],
  },
  {
    operation: 'linode.boot',
    values: machine,
    commands: [
      '[boot|start|power on|turn on|switch on|start up|boot up|power up] {linode} $instance',
      '[boot|start|power on|turn on] [the |our |]$instance {linode}',
      '[turn|switch|power] {linode} $instance on',
      '[turn|switch|power] {linode} $instance back on',
      '[boot|start] {linode} [named|called|with id] $instance',
      'bring {linode} $instance [up|back up|online]',
      '[turn|switch|power] {linode} $instance [back |]on [again|]',
      '[start|boot|turn on] {linode} $instance again',
      'get {linode} $instance [running|up] again',
      '[boot|start] the [machine|node] $instance',
      'get {linode} $instance [started|booted|powered on]',
      'make {linode} $instance run [again|]',
      'do a boot of {linode} $instance',
    ],
    others: [
      '{linode} $instance [needs to be|must be|should be|has to be] [booted|started|powered on|turned on|switched on]',
      'can {linode} $instance be [booted|started|powered on|turned on][?|]',
      '{linode} $instance is [off|down|powered off], [boot it|start it|turn it on|power it on]',
      '{linode} $instance is [stopped|not running|shut down|turned off], [please |]start it [again|]',
      '{linode} $instance was [stopped|shut down|turned off|powered off], [boot|turn|switch] it on [again|]',
      '{linode} $instance is off, i want it on',
      '{linode} $instance should [run|be running|be on|be up] [again|]',
    ],
  },
  {
    operation: 'linode.shutdown',
    values: machine,
    commands: [
      '[shut down|shutdown|stop|power off|turn off|switch off|power down|halt] {linode} $instance',
      '[shut down|stop|power off|turn off] [the |our |]$instance {linode}',
      '[turn|switch|power] {linode} $instance off',
      'shut {linode} $instance down',
      '[shut down|stop] {linode} [named|called|with id] $instance',
      'take {linode} $instance [down|offline]',
      'take {linode} $instance out of service',
      'take {linode} $instance [offline|off line] [for now|]',
      '[get|put] {linode} $instance [offline|down]',
      'do a shutdown of {linode} $instance',
      '[perform|trigger|initiate] a [shutdown|power off] of {linode} $instance',
      'get {linode} $instance [shut down|stopped|powered off]',
      'stop the [machine|node] $instance',
      'bring {linode} $instance down',
      '[turn|switch|power] {linode} $instance off [again|]',
    ],
    others: [
      '{linode} $instance [needs to be|must be|should be|has to be] [shut down|stopped|powered off|turned off|switched off]',
      'can {linode} $instance be [shut down|stopped|powered off|turned off][?|]',
      '{linode} $instance is [no longer needed|not needed tonight|running for nothing], [shut it down|turn it off|stop it]',
      'shutdown of {linode} $instance',
      '{linode} $instance should [be off|go down|go offline|be down]',
      '{linode} $instance is [on|running] but not needed, [shut it down|turn it off|stop it|power it off]',
      'i [want|need] {linode} $instance [off|down|offline|stopped]',
    ],
  },
];

export const cpCodeGrammar: readonly GrammarEntry[] = [
  {
    operation: 'cpcode.list',
    values: noValues,
    commands: [
      '{show} {all} [cp codes|cpcodes|cp-codes|content provider codes]',
      '{show} {all} [cp codes|cpcodes] [we have|in the account|that exist|i can see|on our contract|there are]',
      '{show} [cp codes|cpcodes]',
      '{show} a list of [all |our |the |][cp codes|cpcodes]',
    ],
    others: [
      '[what|which] [cp codes|cpcodes] [do we have|are there|exist|can i see|do i have|are in the account][?|]',
      'how many [cp codes|cpcodes] [do we have|are there][?|]',
      '[cp code|cpcode] list',
      'list of [all |][cp codes|cpcodes]',
      'all [cp codes|cpcodes] please',
    ],
  },
];
