/** How the operator model is made: data, vocabulary, shape and training. Widths are multiples of 32, Q4_0's block. */
export const operatorRecipe = {
  data: { seed: 7, trainExamples: 60_000, validationExamples: 400, testExamples: 400 },
  vocabSize: 1024,
  model: { width: 128, layers: 4, heads: 4, kvHeads: 2, headDim: 32, ffnWidth: 384, contextLength: 256 },
  training: {
    steps: 900,
    initialization: 'small',
    batchSize: 16,
    contextLength: 128,
    learningRate: 4e-3,
    warmupSteps: 60,
    schedule: 'cosine',
    finalLearningRateFraction: 0.02,
    weightDecay: 0.1,
    beta2: 0.98,
    evaluateEvery: 225,
    checkpointEvery: 100,
    keep: 'last',
    seed: 7,
  },
} as const;
