import { z } from 'zod';

/**
 * What an input field names, so that a test can walk all operations and find a field that names something without
 * being checked as such. It never reaches a JSON Schema.
 */
export const namedThings = z.registry<{ names: NamedThing }>();
export type NamedThing =
  | 'model'
  | 'artifact'
  | 'deployment'
  | 'adapter'
  | 'run'
  | 'job'
  | 'plan'
  | 'key'
  | 'page'
  | 'address'
  | 'file to read'
  | 'file to write'
  | 'model or file'
  | 'file or other';

/** Windows opens a device under these names, with any ending, in any folder. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Why a text cannot name a file or folder of ours on every system, or undefined where it can. */
function faultOf(name: string, longest: number): string | undefined {
  if (name.length === 0) return 'it is empty';
  if (name.length > longest) return `it is longer than ${longest} characters`;
  if (/^\.+$/.test(name)) return 'it means a folder, not a name';
  if (name.startsWith('.')) return 'a name that begins with a dot is hidden';
  if (name.startsWith('-')) return 'a name that begins with a dash looks like a flag';
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) return 'only letters from a to z, digits and . _ - can be in it';
  if (name.endsWith('.')) return 'it ends with a dot';
  if (deviceName.test(name)) return 'Windows keeps it for a device';
  return undefined;
}

/** The longest name that is given to something new. */
export const longestName = 64;

function safeName(longest: number) {
  return z.string().superRefine((name, context) => {
    const fault = faultOf(name, longest);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `This cannot be a name: ${fault}` });
  });
}

/** Whether something new may have this name. */
export const isSafeName = (name: string): boolean => faultOf(name, longestName) === undefined;

/** A safe name out of any text, such as that of a file or of a repository elsewhere. */
export function safeNameFrom(text: string): string {
  const plain = text
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, longestName)
    .replace(/[.-]+$/, '');
  return isSafeName(plain) ? plain : `model-${plain}`.slice(0, longestName).replace(/[.-]+$/, '');
}

/** The name of a model that is made now. It becomes a folder of `models/`. */
export const newModelNameSchema = safeName(longestName).register(namedThings, { names: 'model' });

/** A registered model's name. Models of older homes may have names of up to 100 characters. */
export const modelNameSchema = safeName(100).register(namedThings, { names: 'model' });

/** An artifact's id: `model:format`, such as `operator:q4_0`. */
export const artifactIdSchema = z
  .string()
  .superRefine((id, context) => {
    const [model = '', format = '', ...rest] = id.split(':');
    const isArtifact = rest.length === 0 && faultOf(model, 100) === undefined && /^[a-z0-9_-]{1,48}$/i.test(format);
    if (!isArtifact) {
      context.addIssue({ code: 'custom', message: 'An artifact’s id is model:format, such as operator:q4_0' });
    }
  })
  .register(namedThings, { names: 'artifact' });

/** The longest part of a repository’s name on the Hugging Face Hub. */
const longestPart = 96;

/** A name that a model is served under, and that clients ask for: parts with `/` and `:` between them, as `hf.co/owner/name:Q4_0`. */
export const deploymentNameSchema = z
  .string()
  .superRefine((name, context) => {
    const faults = name.split(/[/:]/).map((part) => faultOf(part, longestPart));
    const fault = name.length > 160 ? 'it is too long' : faults.find((one) => one !== undefined);
    if (fault !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `This cannot be a name to serve a model under: in one part, ${fault}`,
      });
    }
  })
  .register(namedThings, { names: 'deployment' });

/** The name that requests use for a LoRA adapter. */
export const adapterNameSchema = safeName(longestName).register(namedThings, { names: 'adapter' });

/** Ids that this program gives out. */
const id = z
  .string()
  .refine((text) => /^[A-Za-z0-9][\w-]{0,63}$/.test(text), 'This is no id: letters, digits, _ and - are in it');
export const runIdSchema = id.clone().register(namedThings, { names: 'run' });
export const jobIdSchema = id.clone().register(namedThings, { names: 'job' });
export const planIdSchema = id.clone().register(namedThings, { names: 'plan' });

/** A key's name: people read it in lists and in the audit log, so its ends are visible. */
export const keyNameSchema = z
  .string()
  .regex(/^[\w.@-](?:[\w.@ -]{0,62}[\w.@-])?$/, 'Up to 64 letters, digits, spaces and . _ @ -, no space at the ends')
  .register(namedThings, { names: 'key' });
