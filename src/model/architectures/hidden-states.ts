import type { Tensor } from '../../tensor/graph.ts';
import { familyOf } from '../families/index.ts';
import type { ModelBuilder } from './model-builder.ts';

/** From tokens to the normalized hidden states [batch · length, width]. */
export function hiddenStates(builder: ModelBuilder): Tensor {
  const { graph } = familyOf(builder.config);
  let x = graph.embed(builder);
  for (let layer = 0; layer < builder.config.layers; layer++) {
    x = graph.block(builder, builder.boundary(x), layer);
  }
  return graph.finish(builder, builder.boundary(x));
}
