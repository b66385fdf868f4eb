import { graphql } from '../generated/graphql/gql.js';

/** Everything that this client asks. `npm run generate` checks it against the API's schema and types it. */

export const register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      ...Session
    }
  }
  fragment Session on AuthSession {
    accessToken
    refreshToken
    expiresAt
  }
`);

export const refreshSession = graphql(`
  mutation RefreshSession($input: RefreshSessionInput!) {
    refreshSession(input: $input) {
      ...Session
    }
  }
`);

export const createStory = graphql(`
  mutation CreateStory($input: CreateStoryInput!) {
    createStory(input: $input) {
      id
      cursor
    }
  }
`);

export const analyzeStory = graphql(`
  mutation AnalyzeStory($input: AnalyzeStoryInput!) {
    analyzeStory(input: $input) {
      id
    }
  }
`);

export const storyUpdated = graphql(`
  subscription StoryUpdated($id: ID!, $after: String) {
    storyUpdated(id: $id, after: $after) {
      cursor
      eventType
      progress {
        stage
        done
        total
      }
      story {
        status
        failure {
          message
        }
      }
    }
  }
`);

export const findings = graphql(`
  query Findings($id: ID!, $after: String) {
    story(id: $id) {
      title
      language
      characters {
        id
        name
        aliases
        role
        description
        traits
      }
      emotions {
        emotion
        intensity
        quote
        segmentIndex
      }
      segments(first: 100, after: $after) {
        nodes {
          index
          text
          emotion
          speaker {
            id
            name
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const readyMadeVoices = graphql(`
  query ReadyMadeVoices($provider: String!, $language: String!) {
    readyMadeVoices(provider: $provider, language: $language) {
      id
      name
    }
  }
`);

export const generateNarration = graphql(`
  mutation GenerateNarration($input: GenerateNarrationInput!) {
    generateNarration(input: $input) {
      id
      cursor
    }
  }
`);

export const narrationUpdated = graphql(`
  subscription NarrationUpdated($id: ID!, $after: String) {
    narrationUpdated(id: $id, after: $after) {
      cursor
      eventType
      progress {
        stage
        done
        total
      }
      narration {
        failure {
          message
        }
      }
    }
  }
`);

export const narrated = graphql(`
  query Narrated($id: ID!) {
    narration(id: $id) {
      durationSeconds
      audio {
        url
      }
      captions {
        url
      }
    }
  }
`);
