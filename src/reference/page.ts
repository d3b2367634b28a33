/** One knowledge page. Markdown; `{{claim-id}}` stands for a figure, `![caption](diagram-name)` for a diagram. */
export interface Page {
  name: string;
  title: string;
  /** One sentence for whoever has to choose a page. */
  summary: string;
  body: string;
}
