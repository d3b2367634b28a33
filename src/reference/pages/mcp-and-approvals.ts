import type { Page } from '../page.ts';

export const mcpAndApprovals: Page = {
  name: 'mcp-and-approvals',
  title: 'MCP and approvals',
  summary: 'How a model uses tools, and why a person must approve changes to production.',
  body: `
The **Model Context Protocol** is how an assistant uses programs. A *server* offers **tools** (actions, each with a schema of its input and output), **resources** (documents to read, such as these pages) and **prompts**. A *client*, the assistant, lists them and calls the ones it chooses. The schemas let both sides check the data they exchange; annotations mark which tools only read and which can be destructive.

![Plan, approve, apply](plan-approve-apply)

A model only proposes changes, because it can be wrong and can be misled by instructions in the texts it reads (prompt injection). So a change to Akamai's network takes three steps:

- **Plan.** The call is checked, the current state is read, and the plan shows the difference, the network it affects, its reach, and how to undo it. Nothing is changed.
- **Approve.** An enrolled approver signs exactly the requests that will be sent, with a passkey in the console or a passphrase at a terminal. No argument of a tool can approve.
- **Apply.** The approved requests are sent once, and only if the state has not changed since the plan.

Every call, plan, approval and refusal is a row in an audit log whose rows are chained by their hashes, so that no row can be altered unnoticed.
`,
};
