/** How the operator model is made: data, vocabulary, shape and training. Widths are multiples of 32, Q4_0's block. */
export const operatorRecipe = {
  data: { seed: 7, trainExamples: 40_000, validationExamples: 400, testExamples: 400 },
  vocabSize: 1024,
  model: { width: 128, layers: 4, heads: 4, kvHeads: 2, headDim: 32, ffnWidth: 384, contextLength: 256 },
  training: {
    steps: 700,
    batchSize: 32,
    contextLength: 128,
    learningRate: 3e-3,
    warmupSteps: 50,
    schedule: 'cosine',
    finalLearningRateFraction: 0.05,
    weightDecay: 0.1,
    evaluateEvery: 175,
    checkpointEvery: 50,
    seed: 7,
  },
} as const;
