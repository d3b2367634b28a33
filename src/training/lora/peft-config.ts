import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { refuseUnreadKeys } from '../../model/unread-keys.ts';

/** The remedy for options that this program does not support, but PEFT does. */
export const mergeWithPeft = 'Merge the adapter with PEFT (merge_and_unload) and import the result as a model.';

const names = z.union([z.array(z.string()), z.string()]);
const patterns = z.record(z.string(), z.number().positive());

/** The fields of PEFT's `adapter_config.json` that are applied when an adapter is merged. */
const fields = {
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.union([z.array(z.string()).min(1), z.string()]),
  exclude_modules: names.nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
  layers_pattern: names.nullish(),
  rank_pattern: z.record(z.string(), z.int().positive()).nullish(),
  alpha_pattern: patterns.nullish(),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).optional(),
  bias: z.literal('none').optional(),
  /** Other initializations (PiSSA, OLoRA, …) change the base model itself, so they are refused. */
  init_lora_weights: z.union([z.boolean(), z.enum(['gaussian', 'eva', 'orthogonal'])]).nullish(),
  modules_to_save: z.array(z.never()).nullish(),
};
const schema = z.looseObject(fields);

export type PeftConfig = z.output<typeof schema>;

/** Fields without effect on merging. `fan_in_fan_out` is among them, because the layout follows from each matrix. */
const descriptive = new Set(
  `task_type base_model_name_or_path base_model_class parent_library revision inference_mode lora_dropout auto_mapping
  fan_in_fan_out megatron_core qalora_group_size peft_version runtime_config eva_config unsloth_version
  unsloth_fixed`.split(/\s+/),
);

/**
 * Parses `adapter_config.json`. Refuses by name every option that would change the merged model but is not supported.
 */
export function parsePeftConfig(text: string, path: string): PeftConfig {
  const json = parseJsonWith(z.record(z.string(), z.unknown()), text, path);
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = String(issue!.path[0] ?? 'adapter_config.json');
    throw new FtsError('invalid-input', `${field} in ${path} is not supported: ${issue!.message}`, {
      field,
      value: json[field],
      remedy: mergeWithPeft,
      cause: result.error,
    });
  }
  refuseUnreadKeys(
    json,
    { read: Object.keys(fields), harmless: (key) => descriptive.has(key), subject: path },
    mergeWithPeft,
  );
  return result.data;
}

/** Whether PEFT would attach the adapter to a linear module, such as `model.layers.0.self_attn.q_proj`. */
export function isTargeted(module: string, config: PeftConfig): boolean {
  const { target_modules: targets, exclude_modules: excluded } = config;
  if (excluded != null && matches(module, excluded)) return false;
  if (targets === 'all-linear') return true;
  return matches(module, targets) && isChosenLayer(module, config);
}

/** A list holds suffixes of module names; a string is a regular expression for whole names. */
function matches(module: string, wanted: string | readonly string[]): boolean {
  if (typeof wanted !== 'string') return wanted.some((end) => module === end || module.endsWith(`.${end}`));
  return patternOf(`^(?:${wanted})$`).test(module);
}

function isChosenLayer(module: string, { layers_to_transform: layers, layers_pattern: pattern }: PeftConfig): boolean {
  if (layers == null) return true;
  const wanted =
    pattern == null || pattern.length === 0 ? ['[^.]*'] : typeof pattern === 'string' ? [pattern] : pattern;
  const chosen = typeof layers === 'number' ? [layers] : layers;
  return wanted.some((name) => {
    const found = patternOf(`\\.${name}\\.(\\d+)\\.`).exec(`.${module}.`);
    return found !== null && chosen.includes(Number(found[1]));
  });
}

/** The rank of a module's factors, and the scale of their product. */
export function rankAndFactor(module: string, config: PeftConfig): { rank: number; factor: number } {
  const rank = patternValue(module, config.rank_pattern) ?? config.r;
  const alpha = patternValue(module, config.alpha_pattern) ?? config.lora_alpha;
  // rank-stabilized LoRA: arXiv:2312.03732
  return { rank, factor: alpha / (config.use_rslora ? Math.sqrt(rank) : rank) };
}

/** The value of the first pattern that matches the end of the module's name. */
function patternValue(module: string, values: Record<string, number> | null | undefined): number | undefined {
  return Object.entries(values ?? {}).find(([pattern]) => patternOf(`^(?:.*\\.)?(?:${pattern})$`).test(module))?.[1];
}

function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (cause) {
    throw new FtsError('invalid-input', `adapter_config.json has an invalid pattern: ${pattern}.`, {
      field: 'target_modules',
      value: pattern,
      remedy: mergeWithPeft,
      cause,
    });
  }
}
