import { z } from 'zod';

/** Qwen's fields about a sliding window, which count only where `use_sliding_window` is set; that is refused. */
export const unusedWindow = {
  use_sliding_window: z.literal(false).default(false),
  sliding_window: z.number().nullish(),
  max_window_layers: z.number().nullish(),
};
