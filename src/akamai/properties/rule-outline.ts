import { z } from 'zod';

const featureSchema = z.looseObject({ name: z.string(), options: z.record(z.string(), z.unknown()).default({}) });
export type Feature = z.output<typeof featureSchema>;

export interface Rule {
  name: string;
  criteria: Feature[];
  criteriaMustSatisfy: 'all' | 'any';
  behaviors: Feature[];
  children: Rule[];
}

export const ruleSchema: z.ZodType<Rule> = z.looseObject({
  name: z.string(),
  criteria: z.array(featureSchema).default([]),
  criteriaMustSatisfy: z.enum(['all', 'any']).default('all'),
  behaviors: z.array(featureSchema).default([]),
  get children() {
    return z.array(ruleSchema).default([]);
  },
}) as z.ZodType<Rule>;

export interface OutlineEntry {
  /** Names from the default rule down. */
  rule: string;
  /** Where it is, for a JSON Patch. */
  pointer: string;
  criteria: string[];
  behaviors: string[];
}

const longestValue = 80;

/** A rule tree as a list of rules in order, each with its conditions and behaviors in short. */
export function outlineRules(root: Rule, pointer = '/rules', trail: readonly string[] = []): OutlineEntry[] {
  const names = [...trail, root.name];
  const entry: OutlineEntry = {
    rule: names.join(' › '),
    pointer,
    criteria: root.criteria.map(featureText),
    behaviors: root.behaviors.map(featureText),
  };
  return [
    entry,
    ...root.children.flatMap((child, index) => outlineRules(child, `${pointer}/children/${index}`, names)),
  ];
}

/** Entries in which every word occurs. */
export function filterOutline(entries: readonly OutlineEntry[], words: string): OutlineEntry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const text = JSON.stringify(entry).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

function featureText({ name, options }: Feature): string {
  const parts = Object.entries(options)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key}=${short(value)}`);
  return parts.length === 0 ? name : `${name} (${parts.join(', ')})`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
