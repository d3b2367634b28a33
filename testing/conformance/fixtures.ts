import { setTimeout as sleep } from 'node:timers/promises';
import {
  acceptedContent,
  type CallToolResult,
  type ElicitRequestFormParams,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import type { Prompt } from '../../src/mcp/prompts/prompt.ts';
import type { Surface } from '../../src/mcp/protocol/surface.ts';
import type { Resource, ResourceFamily } from '../../src/mcp/resources/resource.ts';
import type { Tool, ToolCall } from '../../src/mcp/tools/tool.ts';

// What the official conformance suite calls by name. Each is an entry of the product's own surface, so that the suite
// drives the product's handlers and transports.

const redPixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const silentWav = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

type Outcome = CallToolResult | InputRequiredResult;
type Run = (input: Record<string, unknown>, call: ToolCall) => Promise<Outcome> | Outcome;

function tool(name: string, run: Run, inputSchema: Tool['definition']['inputSchema'] = { type: 'object' }): Tool {
  return {
    name,
    toolset: undefined,
    readOnly: true,
    scope: 'read',
    definition: { name, description: `Conformance fixture ${name}`, inputSchema },
    call: async (input, call) => run(input, call),
  };
}

const text = (content: string): CallToolResult => ({ content: [{ type: 'text', text: content }] });

const contentTools: Tool[] = [
  tool('test_simple_text', () => text('This is a simple text response for testing.')),
  tool('test_image_content', () => ({ content: [{ type: 'image', data: redPixel, mimeType: 'image/png' }] })),
  tool('test_audio_content', () => ({ content: [{ type: 'audio', data: silentWav, mimeType: 'audio/wav' }] })),
  tool('test_embedded_resource', () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  })),
  tool('test_multiple_content_types', () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: redPixel, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  })),
  tool('test_error_handling', () => ({
    isError: true,
    ...text('This tool intentionally returns an error for testing'),
  })),
  tool('json_schema_2020_12_tool', (input) => text(`Called with ${JSON.stringify(input)}`), {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: {
        $anchor: 'addressDef',
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    properties: {
      name: { type: 'string' },
      address: { $ref: '#/$defs/address' },
      contactMethod: { type: 'string', enum: ['phone', 'email'] },
      phone: { type: 'string' },
      email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
  }),
];

const channelTools: Tool[] = [
  tool('test_tool_with_logging', async (_input, { context }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
      await sleep(50);
    }
    return text('Tool with logging executed successfully');
  }),
  tool('test_logging_tool', async (_input, { context }) => {
    await context.mcpReq.log('info', 'only for those who asked');
    return text('logged');
  }),
  tool('test_streaming_elicitation', () => text('no request of its own on this stream')),
  tool('test_tool_with_progress', async (_input, { context }) => {
    const token = context.mcpReq._meta?.progressToken;
    for (const progress of token === undefined ? [] : [0, 50, 100]) {
      await context.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: token, progress, total: 100, message: `Completed step ${progress} of 100` },
      });
      await sleep(50);
    }
    return text(String(token ?? 'no progress token'));
  }),
  tool('test_sampling', async ({ prompt }, { context }) => {
    const answer = await context.mcpReq.requestSampling({
      messages: [{ role: 'user', content: { type: 'text', text: String(prompt) } }],
      maxTokens: 100,
    });
    return text(`LLM response: ${JSON.stringify(answer.content)}`);
  }),
  tool('test_elicitation', ({ message }, call) =>
    elicit(call, String(message), {
      type: 'object',
      properties: { response: { type: 'string', description: "User's response" } },
      required: ['response'],
    }),
  ),
  tool('test_elicitation_sep1034_defaults', (_input, call) =>
    elicit(call, 'Please review and update the form fields with defaults', {
      type: 'object',
      properties: {
        name: { type: 'string', description: 'User name', default: 'John Doe' },
        age: { type: 'integer', description: 'User age', default: 30 },
        score: { type: 'number', description: 'User score', default: 95.5 },
        status: {
          type: 'string',
          description: 'User status',
          enum: ['active', 'inactive', 'pending'],
          default: 'active',
        },
        verified: { type: 'boolean', description: 'Verification status', default: true },
      },
      required: [],
    }),
  ),
  tool('test_elicitation_sep1330_enums', (_input, call) =>
    elicit(call, 'Please select options from the enum fields', {
      type: 'object',
      properties: {
        untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        titledSingle: { type: 'string', oneOf: titled('value1', 'value2', 'value3') },
        legacyEnum: { type: 'string', enum: ['opt1', 'opt2'], enumNames: ['Option One', 'Option Two'] },
        untitledMulti: {
          type: 'array',
          minItems: 1,
          maxItems: 3,
          items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        },
        titledMulti: {
          type: 'array',
          minItems: 1,
          maxItems: 3,
          items: { anyOf: titled('value1', 'value2', 'value3') },
        },
      },
      required: [],
    }),
  ),
];

const titled = (...values: string[]) => values.map((value) => ({ const: value, title: `Choice ${value}` }));

async function elicit(
  { context }: ToolCall,
  message: string,
  requestedSchema: ElicitRequestFormParams['requestedSchema'],
): Promise<CallToolResult> {
  // Not `elicitInput`: the suite answers every form alike, whether or not it fits.
  const { action, content } = await context.mcpReq.send({
    method: 'elicitation/create',
    params: { mode: 'form', message, requestedSchema },
  });
  return text(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`);
}

const ask = {
  name: () =>
    inputRequired.elicit({
      message: 'What is your name?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    }),
  color: () =>
    inputRequired.elicit({
      message: 'What is your favorite color?',
      requestedSchema: { type: 'object', properties: { color: { type: 'string' } }, required: ['color'] },
    }),
  confirmation: () =>
    inputRequired.elicit({
      message: 'Please confirm',
      requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
    }),
  completion: (content: string) =>
    inputRequired.createMessage({
      messages: [{ role: 'user', content: { type: 'text', text: content } }],
      maxTokens: 50,
    }),
};

function nameIn({ context }: ToolCall, key: string): string | undefined {
  const name = acceptedContent<{ name: unknown }>(context.mcpReq.inputResponses, key)?.name;
  return typeof name === 'string' ? name : undefined;
}

const roundTripTools: Tool[] = [
  tool('test_missing_capability', (_input, { context }) =>
    context.mcpReq.inputResponses?.llm_answer === undefined
      ? inputRequired({ inputRequests: { llm_answer: ask.completion('Reply with the single word: pong') } })
      : text('sampling round trip complete'),
  ),
  tool('test_input_required_result_elicitation', (_input, call) => {
    const name = nameIn(call, 'user_name');
    return name === undefined ? inputRequired({ inputRequests: { user_name: ask.name() } }) : text(`Hello, ${name}!`);
  }),
  tool('test_input_required_result_sampling', (_input, { context }) => {
    const answer = context.mcpReq.inputResponses?.capital_question;
    return answer === undefined
      ? inputRequired({ inputRequests: { capital_question: ask.completion('What is the capital of France?') } })
      : text(`Sampling response: ${JSON.stringify(answer)}`);
  }),
  tool('test_input_required_result_list_roots', (_input, { context }) => {
    const answer = context.mcpReq.inputResponses?.client_roots as { roots?: unknown[] } | undefined;
    return Array.isArray(answer?.roots)
      ? text(`Client exposed ${answer.roots.length} root(s)`)
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  }),
  tool('test_input_required_result_request_state', (_input, call) => confirmWithState(call, 'state-ok')),
  tool('test_input_required_result_tampered_state', (_input, call) => confirmWithState(call, 'integrity-ok')),
  tool('test_input_required_result_multiple_inputs', async (_input, call) => {
    const responses = call.context.mcpReq.inputResponses;
    const name = nameIn(call, 'user_name');
    if (name !== undefined && responses?.greeting !== undefined && responses.client_roots !== undefined) {
      return text(`Everything arrived for ${name}`);
    }
    return inputRequired({
      inputRequests: {
        user_name: ask.name(),
        greeting: ask.completion('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await call.sealState({ step: 'multiple' }),
    });
  }),
  tool('test_input_required_result_multi_round', async (_input, call) => {
    const state = call.context.mcpReq.requestState<{ round: number; name?: string }>();
    if (state === undefined) {
      return inputRequired({
        inputRequests: { step1: ask.name() },
        requestState: await call.sealState({ round: 1 }),
      });
    }
    if (state.round === 1) {
      return inputRequired({
        inputRequests: { step2: ask.color() },
        requestState: await call.sealState({ round: 2, name: nameIn(call, 'step1') ?? 'unknown' }),
      });
    }
    const color = acceptedContent<{ color: string }>(call.context.mcpReq.inputResponses, 'step2')?.color;
    return text(`Multi-round complete: ${state.name} likes ${color}`);
  }),
  tool('test_input_required_result_capabilities', (_input, { context, client }) => {
    if (context.mcpReq.inputResponses !== undefined) return text('Fulfilled');
    const declared = context.mcpReq.envelope as Record<string, Record<string, unknown>> | undefined;
    const capabilities = declared?.['io.modelcontextprotocol/clientCapabilities'];
    const inputRequests: InputRequests = {
      ...(client.forms ? { user_name: ask.name() } : {}),
      ...(capabilities?.sampling === undefined ? {} : { greeting: ask.completion('Generate a short greeting') }),
      ...(capabilities?.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
    };
    return Object.keys(inputRequests).length === 0 ? text('Nothing to ask') : inputRequired({ inputRequests });
  }),
];

async function confirmWithState(call: ToolCall, done: string): Promise<Outcome> {
  const confirmed = acceptedContent(call.context.mcpReq.inputResponses, 'confirm') !== undefined;
  if (confirmed && call.context.mcpReq.requestState() !== undefined) return text(`${done}: state verified`);
  return inputRequired({
    inputRequests: { confirm: ask.confirmation() },
    requestState: await call.sealState({ step: 'confirm' }),
  });
}

const eventTools = (bus: ServerEventBus): Tool[] => [
  tool('test_trigger_tool_change', () => {
    bus.publish({ kind: 'tools_list_changed' });
    return text('published');
  }),
  tool('test_trigger_prompt_change', () => {
    bus.publish({ kind: 'prompts_list_changed' });
    return text('published');
  }),
];

const resources: Resource[] = [
  {
    uri: 'test://static-text',
    name: 'static-text',
    title: 'Static text',
    description: 'A static text resource for testing',
    mimeType: 'text/plain',
    scope: 'read',
    read: async () => ({ text: 'This is the content of the static text resource.' }),
  },
  {
    uri: 'test://static-binary',
    name: 'static-binary',
    title: 'Static image',
    description: 'A static binary resource for testing',
    mimeType: 'image/png',
    scope: 'read',
    read: async () => ({ blob: redPixel }),
  },
  {
    uri: 'test://watched-resource',
    name: 'watched-resource',
    title: 'Watched resource',
    description: 'For subscribing and unsubscribing',
    mimeType: 'text/plain',
    scope: 'read',
    read: async () => ({ text: 'Watched resource content' }),
  },
];

const families: ResourceFamily[] = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'template',
    title: 'Resource template',
    description: 'A resource template with parameter substitution',
    mimeType: 'application/json',
    scope: 'read',
    read: async ({ id }) => ({ text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }),
    complete: { id: () => ['1', '2', '3'] },
  },
];

const userSays = (content: string) => ({ role: 'user' as const, content: { type: 'text' as const, text: content } });

const prompts: Prompt[] = [
  {
    name: 'test_simple_prompt',
    title: 'Simple prompt',
    description: 'A simple prompt without arguments',
    arguments: [],
    get: async () => ({ messages: [userSays('This is a simple prompt for testing.')] }),
  },
  {
    name: 'test_prompt_with_arguments',
    title: 'Prompt with arguments',
    description: 'A prompt with required arguments',
    arguments: [
      { name: 'arg1', description: 'First test argument', required: true, complete: () => ['test1', 'test2'] },
      { name: 'arg2', description: 'Second test argument', required: true },
    ],
    get: async ({ arg1, arg2 }) => ({
      messages: [userSays(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
    }),
  },
  {
    name: 'test_prompt_with_embedded_resource',
    title: 'Prompt with a resource',
    description: 'A prompt that includes an embedded resource',
    arguments: [{ name: 'resourceUri', description: 'URI of the resource to embed', required: true }],
    get: async ({ resourceUri }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: {
              uri: resourceUri!,
              mimeType: 'text/plain',
              text: 'Embedded resource content for testing.',
            },
          },
        },
        userSays('Please process the embedded resource above.'),
      ],
    }),
  },
  {
    name: 'test_prompt_with_image',
    title: 'Prompt with an image',
    description: 'A prompt that includes image content',
    arguments: [],
    get: async () => ({
      messages: [
        { role: 'user', content: { type: 'image', data: redPixel, mimeType: 'image/png' } },
        userSays('Please analyze the image above.'),
      ],
    }),
  },
  {
    name: 'test_input_required_result_prompt',
    title: 'Prompt that asks first',
    description: 'A prompt that requires input before it is rendered',
    arguments: [],
    get: async (_values, context) => {
      const given = acceptedContent<{ context: string }>(context.mcpReq.inputResponses, 'user_context')?.context;
      return given === undefined
        ? inputRequired({
            inputRequests: {
              user_context: inputRequired.elicit({
                message: 'What context should the prompt use?',
                requestedSchema: {
                  type: 'object',
                  properties: { context: { type: 'string' } },
                  required: ['context'],
                },
              }),
            },
          })
        : { messages: [userSays(`Use the following context: ${given}`)] };
    },
  },
];

export function conformanceFixtures(bus: ServerEventBus): Omit<Surface, 'tasks'> {
  return {
    tools: [...contentTools, ...channelTools, ...roundTripTools, ...eventTools(bus)],
    resources,
    families,
    prompts,
  };
}
