/** One knowledge page. Markdown; `{{claim-id}}` stands for a figure, `![caption](diagram-name)` for a diagram. */
export interface Page {
  name: string;
  title: string;
  /** One sentence shown in the list of pages. */
  summary: string;
  body: string;
}
