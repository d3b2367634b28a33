/** Colours that stay apart for most colour-blind readers (Okabe and Ito), and a grey. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f'];

/** The colour of the series or part with this index; they repeat after seven. */
export function seriesColour(index: number): string {
  return colours[index % colours.length]!;
}
