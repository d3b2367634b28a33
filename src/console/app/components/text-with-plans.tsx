const planId = /\b(plan-[0-9a-z]+-[0-9a-f]{8})\b/;

/** A text in which each change plan is a link to the page where a person decides about it. */
export function TextWithPlans({ text }: { text: string }) {
  return text.split(planId).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text keep their places
      <a key={index} href={`/console/plans/${part}`}>
        {part}
      </a>
    ) : (
      part
    ),
  );
}
