import { operatorPrompt } from '../../operator/chat-template.ts';
import { generateOperatorDataset } from '../../operator/dataset.ts';
import { delexicalise } from '../../operator/delexicalise.ts';
import { operatorRecipe } from '../../operator/recipe.ts';
import { type OperatorScore, scoreOperator } from '../../operator/score.ts';
import { decodeOperatorAnswer } from '../../operator/slot-codec.ts';
import type { Work } from '../../runtime/progress.ts';
import type { Engine } from '../../serving/engine/engine.ts';
import { GREEDY } from '../../serving/sampling/sampling-settings.ts';

const longestAnswerTokens = 120;

/** Greedy answers of a served artifact to the test set, whose phrasings training never saw, scored. */
export async function scoreOnOperatorTest(engine: Engine, testExamples: number, work: Work): Promise<OperatorScore> {
  const { seed } = operatorRecipe.data;
  const { test } = generateOperatorDataset({ seed, trainExamples: 0, validationExamples: 0, testExamples });
  const completions = await engine.completeAll(
    test.map(({ request }) => ({
      prompt: operatorPrompt(delexicalise(request).text),
      maxTokens: longestAnswerTokens,
      sampling: GREEDY,
    })),
    work,
  );
  return scoreOperator(
    completions.map(({ text }, index) => {
      const { request, proposal } = test[index]!;
      return { expected: proposal, answer: decodeOperatorAnswer(request, text) };
    }),
  );
}
