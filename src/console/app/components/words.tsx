/** A sentence of the server's, with what stands between backticks set as code. */
export function Words({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text keep their places
      <code key={index}>{part}</code>
    ) : (
      part
    ),
  );
}
