import type { HttpAnswer } from '@storytelling/shared/infrastructure/http-server';

/** The first evening, one step a tab. Validated against schema/api.graphql by a test. */
export const tabs = [
  {
    query: `# The first evening. Run the tabs from left to right.
#
# 1. Register, and copy the accessToken. It is good for
#    ten minutes; signIn gives another.
mutation Register {
  register(input: {
    email: "ada@example.org"
    password: "a long walk by the river"
    displayName: "Ada"
  }) {
    accessToken
    expiresAt
    user { id profile { displayName } }
  }
}
`,
  },
  {
    query: `# 2. From here on, put the token into the Headers editor
#    below, in place of <accessToken>.
mutation CreateStory($input: CreateStoryInput!) {
  createStory(input: $input) {
    id
    status
    version
    cursor
  }
}
`,
    variables: {
      input: {
        title: 'The lighthouse',
        language: 'en',
        content:
          'Mara had kept the lighthouse for eleven years. "You are late," she said, and her voice shook with anger.\n\n"The storm is later," said Tom, laughing. He was glad to be home.\n\nThat night the lamp went dark. Mara climbed the stairs, afraid of what she would find.',
      },
    },
  },
  {
    query: `# 3. Analyze, and go to the next tab at once.
mutation Analyze($id: ID!) {
  analyzeStory(input: { id: $id }) { id status }
}
`,
    variables: { id: '<id of the story>' },
  },
  {
    query: `# 4. Watch. With the cursor of tab 2 as after, everything
#    since then comes, also what you were not here for.
subscription Live($id: ID!, $after: String) {
  storyUpdated(id: $id, after: $after) {
    cursor
    eventType
    progress { stage done total }
    story { status author { profile { displayName } } }
  }
}
`,
    variables: { id: '<id of the story>', after: '<cursor of the story>' },
  },
  {
    query: `# 5. What was found.
query Read($id: ID!) {
  story(id: $id) {
    title
    status
    version
    characters { id name aliases }
    emotions { emotion intensity quote segmentIndex }
    segments(first: 20) {
      edges { node { index text emotion speaker { name } } }
    }
  }
}
`,
    variables: { id: '<id of the story>' },
  },
  {
    query: `# 6. Verify your address: the mail with the token is at
#    http://localhost:4000/inbox, because this machine sends none.
mutation Verify($token: String!) {
  verifyEmail(input: { token: $token }) {
    id
    isEmailVerified
  }
}
`,
    variables: { token: '<token of the mail>' },
  },
  {
    query: `# 7. Publish: everybody can read it. The version is in tab 5.
mutation Publish($id: ID!, $version: Int!) {
  publishStory(input: { id: $id, expectedVersion: $version }) {
    id
    isPublished
    publishedAt
  }
}
`,
    variables: { id: '<id of the story>', version: 1 },
  },
  {
    query: `# 8. Have it read aloud: take a voice of Voices, then run
#    Narrate, and Hear as often as you like. Its audio opens in
#    a browser; narrationUpdated tells of each segment live.
query Voices {
  readyMadeVoices(language: "en") { id name description preview { url } }
}

mutation Narrate($id: ID!, $voice: ID!) {
  generateNarration(input: { storyId: $id, voiceId: $voice }) { id status cursor }
}

query Hear($id: ID!) {
  story(id: $id) {
    narrations(first: 1) {
      nodes {
        status
        doneSegments
        totalSegments
        audio { url durationSeconds }
        captions { url }
        segments(first: 20) { nodes { index text emotion media { url } } }
      }
    }
  }
}
`,
    variables: { id: '<id of the story>', voice: '<id of a voice>' },
  },
] as const;

/** Everything is in the page; the policy makes sure of it: nothing can be loaded from, or sent to, anywhere but this origin. */
const policy = [
  "default-src 'none'",
  // The page is one inline script, and its editor's workers are made from it.
  "script-src 'unsafe-inline' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** 9 MB, so it is loaded when a browser first asks for it. */
export async function graphiql(): Promise<HttpAnswer> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const body = renderGraphiQL({
    title: 'Storytelling API',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: tabs.map((tab) => ({
      query: tab.query,
      variables: 'variables' in tab ? JSON.stringify(tab.variables, null, 2) : null,
      headers: tab === tabs[0] ? null : '{\n  "Authorization": "Bearer <accessToken>"\n}',
    })),
    // A token is not left behind in the browser's storage.
    shouldPersistHeaders: false,
  });
  return {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, 'referrer-policy': 'no-referrer' },
    body,
  };
}
