import type { Letters } from './wording.js';

export const english: Letters = {
  greeting: 'Hello,',
  farewell: 'Storytelling',
  letters: {
    'verify-email': {
      subject: 'Confirm your e-mail address',
      paragraphs: [
        'an account on Storytelling was opened with this address. With this token you confirm that the address is yours; after that you can publish.',
        '{token}',
        '{link}',
        'The token is good once, for three days. If you did not open the account, leave this mail alone: nothing can be published with it.',
      ],
    },
    'reset-password': {
      subject: 'Set a new password',
      paragraphs: [
        'somebody asked for a new password for your account on Storytelling. If it was you, this token lets you choose one:',
        '{token}',
        '{link}',
        'The token is good once, for one hour. With the new password everybody who is signed in to your account is signed out.',
        'If it was not you, leave this mail alone: your password stays as it is. Do not give the token to anybody.',
      ],
    },
    'password-changed': {
      subject: 'Your password was changed',
      paragraphs: [
        'the password of your account on Storytelling has just been changed, and your other devices were signed out.',
        'If it was not you, ask for a password reset at once: it signs everybody out and lets you choose a new password.',
      ],
    },
    'password-reset': {
      subject: 'Your password was reset',
      paragraphs: [
        'the password of your account on Storytelling has just been reset with a token from a mail to this address. Everybody was signed out, and accounts elsewhere no longer sign in to it.',
        'If it was not you, somebody else reads your mails: change the password of your mailbox first, then ask for a password reset.',
      ],
    },
    'provider-linked': {
      subject: 'You can sign in with {provider}',
      paragraphs: [
        'an account at {provider} with your address signs in to your account on Storytelling from now on.',
        'If it was not you, ask for a password reset at once: it signs everybody out and ends this way in.',
      ],
    },
  },
};
