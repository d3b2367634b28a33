connect('fts-loss-curve', ({ run, curve }) => showCurve(`Loss of ${run.model}`, curve));
