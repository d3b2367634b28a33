import type { Prompt } from '../prompts/prompt.ts';
import type { Resource, ResourceFamily } from '../resources/resource.ts';
import type { TaskSource } from '../tasks/task.ts';
import type { Tool } from '../tools/tool.ts';

/** Everything that a client can see. */
export interface Surface {
  tools: readonly Tool[];
  resources: readonly Resource[];
  families: readonly ResourceFamily[];
  prompts: readonly Prompt[];
  tasks: readonly TaskSource[];
}

export function joinSurfaces(first: Surface, second: Partial<Surface>): Surface {
  return {
    tools: [...first.tools, ...(second.tools ?? [])],
    resources: [...first.resources, ...(second.resources ?? [])],
    families: [...first.families, ...(second.families ?? [])],
    prompts: [...first.prompts, ...(second.prompts ?? [])],
    tasks: [...first.tasks, ...(second.tasks ?? [])],
  };
}
