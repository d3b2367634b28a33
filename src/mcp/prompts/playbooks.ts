import type { Services } from '../../services/context.ts';
import type { Prompt, PromptArgument } from './prompt.ts';

interface Playbook {
  name: string;
  title: string;
  description: string;
  arguments: readonly PromptArgument[];
  /** The steps, with `{name}` where a value goes; a line whose value was not given is left out. */
  steps: string;
}

/** Playbooks for work that takes several tools in an order that matters. */
export function ftsPrompts({ registry }: Services): Prompt[] {
  const models = (): string[] => registry.models().map(({ name }) => name);
  return playbooks(models).map(({ steps, ...playbook }) => ({
    ...playbook,
    get: async (values) => ({
      description: playbook.title,
      messages: [{ role: 'user', content: { type: 'text', text: fill(steps, values) } }],
    }),
  }));
}

const blank = (name: string, description: string, required = true): PromptArgument => ({ name, description, required });

function playbooks(models: () => string[]): Playbook[] {
  const model: PromptArgument = { ...blank('model', 'The model’s name'), complete: models };
  const network: PromptArgument = {
    ...blank('network', 'STAGING or PRODUCTION', false),
    complete: () => ['STAGING', 'PRODUCTION'],
  };
  return [
    {
      name: 'model_to_edge',
      title: 'Take a model to the edge',
      description:
        'Plan, train, quantize, check, deploy and measure a model, stopping where a figure is not good enough',
      arguments: [
        model,
        blank('goal', 'What the model is for, and what is good enough'),
        blank('budget', 'Time or money that it may take', false),
      ],
      steps: `Take the model "{model}" from plan to service. Goal: {goal}
Budget: {budget}

1. \`plan\`: memory, time and cost of the training and of serving it. Show the figures; if they break the budget, say what would have to be smaller and stop.
2. \`train\` and follow the job with \`jobs_show\` (waitSeconds). Watch the validation loss: if it rises for several reports, say so and ask whether to stop.
3. \`quantize\` to INT8 and to INT4, then \`evaluate\` all of them against the unquantized model.
4. Choose the smallest one that keeps the goal; say which figure decided.
5. \`deploy\` it, then \`benchmark\` it: TTFT, tokens a second at the concurrency that is expected.
6. Report in one table: step, figure, verdict. Name what you did not measure.`,
    },
    {
      name: 'compare_quantizations',
      title: 'Compare quantizations',
      description: 'Quantize a model in several ways and say which to serve, by size, quality and speed',
      arguments: [model, blank('formats', 'Formats to compare, such as q8_0 q4_0', false)],
      steps: `Compare quantizations of "{model}".
Formats: {formats}

1. \`models_show\`: which artifacts exist, and which figures are already measured. Do not measure those again.
2. For each format that is missing: \`quantize\` (without a list of formats, take INT8 and INT4).
3. \`evaluate\` each against the original: perplexity change, KL divergence, and the task’s own score where there is one.
4. \`benchmark\` each: TTFT and tokens a second.
5. One table: format, bytes, bits per weight, quality change, TTFT, tok/s. Then one sentence: which to serve and why. If two differ less than the measurement scatters, say that they are equal.`,
    },
    {
      name: 'investigate_5xx',
      title: 'Investigate a rise of 5xx errors',
      description: 'Find out whether the edge, the configuration or the origin is at fault, reading only',
      arguments: [
        blank('hostname', 'The hostname that shows errors'),
        blank('since', 'When it began', false),
        blank('reference', 'An Akamai reference number from an error page', false),
      ],
      steps: `Investigate a rise of 5xx errors on {hostname}. Read only; change nothing.
Began: {since}
Reference number: {reference}

1. \`akamai_search\` for the property of that hostname, then \`akamai_read\`: which property and version serve it on production, and when it was last activated. An activation shortly before the rise is the first suspect.
2. With a reference number: translate it (\`akamai_search\` "translate error string").
3. Compare the active version’s rules with the version before: origin hostname, timeouts, certificates, forward host header.
4. Check the certificate’s expiry and the origin’s DNS.
5. Conclude: edge, configuration or origin; the evidence for it; what would prove you wrong; the safest next step. If a roll-back is that step, name the property and version, and leave it to the roll-back playbook.`,
    },
    {
      name: 'roll_back_property',
      title: 'Roll a property back',
      description: 'Return a property to its version before, through a plan that a person approves',
      arguments: [blank('property', 'Name or id of the property'), network, blank('reason', 'Why', false)],
      steps: `Roll the property "{property}" back.
Network: {network}
Reason: {reason}

1. \`akamai_read\` the activations of the property: the active version and the one active before it, on the network (without a word on the network, ask).
2. Show what differs between the two versions. If the version before is older than 90 days, say so and ask.
3. \`akamai_plan\` the activation of that version. Show its difference, blast radius and way back word for word.
4. \`akamai_apply\`: a person approves the plan in the form that the server shows. Never try to approve it in another way; if it is refused, stop.
5. Follow the activation until it is active, then read it again and report: version, network, time.`,
    },
    {
      name: 'purge_and_verify',
      title: 'Purge and verify',
      description: 'Purge URLs, tags or CP codes and check that fresh content is served',
      arguments: [blank('targets', 'URLs, cache tags or CP codes'), network],
      steps: `Purge and verify: {targets}
Network: {network}

1. Say what kind the targets are (URLs, tags, CP codes) and how much they cover. A CP code that holds a whole site needs a warning first.
2. \`akamai_plan\` an invalidation (not a deletion, unless deletion was asked for). Show the plan.
3. \`akamai_apply\`: a person approves it in the form that the server shows.
4. Wait for the estimated seconds of the answer, then read the purge’s state where there is one.
5. Report: what was purged, when it took effect, and what you could not verify from here.`,
    },
    {
      name: 'size_deployment',
      title: 'Size a deployment',
      description: 'Find hardware and count of replicas for a load and its latency targets',
      arguments: [
        model,
        blank('load', 'Requests a second, prompt and completion lengths'),
        blank('targets', 'Latency targets, such as TTFT p95 below 500 ms', false),
      ],
      steps: `Size a deployment of "{model}" for this load: {load}
Targets: {targets}

1. \`models_show\`: parameters, artifacts, and figures already measured on them.
2. \`plan\` for serving on the hardware that is in question: memory for weights and KV cache, tokens a second at the expected concurrency.
3. Compare at least a cheap, a balanced and a fast option; for each: replicas, cost a month, expected TTFT and ITL, headroom.
4. Where a measurement of \`benchmark\` exists, prefer it to the estimate and say how far they are apart.
5. Recommend one option, name the assumption that it depends on most, and what to measure before buying.`,
    },
  ];
}

function fill(steps: string, values: Record<string, string>): string {
  return steps
    .split('\n')
    .filter((line) => [...line.matchAll(/\{(\w+)\}/g)].every(([, name]) => (values[name!] ?? '').trim() !== ''))
    .map((line) => line.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name]!.trim()))
    .join('\n');
}
