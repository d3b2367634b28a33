import { type ModelOrFile, textOf } from '../../inputs/file-inputs.ts';
import type { OperationContext } from '../../services/context.ts';

/** Where a model is that the caller named in `field`: a registered one's directory, else a folder that the caller may use. */
export function modelFolder(
  field: string,
  given: ModelOrFile,
  { registry, files }: Pick<OperationContext, 'registry' | 'files'>,
): string {
  const registered = registry.models().find((model) => model.name === textOf(given));
  return registered?.directory ?? files.read(field, given);
}
