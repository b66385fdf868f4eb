import { eraseUser } from './application/erase-user.js';
import { exportMyData } from './application/export-my-data.js';
import type { Ports } from './application/ports.js';
import { assignRole } from './application/assign-role.js';
import { beginSecondFactor } from './application/begin-second-factor.js';
import { changePassword } from './application/change-password.js';
import { grantPermission, revokePermission } from './application/change-permission.js';
import { confirmSecondFactor } from './application/confirm-second-factor.js';
import { deactivateUser } from './application/deactivate-user.js';
import { disableSecondFactor } from './application/disable-second-factor.js';
import { beginProviderSignIn, signInWithProvider } from './application/provider-sign-in.js';
import { refreshSession } from './application/refresh-session.js';
import { register } from './application/register.js';
import { requestPasswordReset, resetPassword } from './application/reset-password.js';
import { revokeSession } from './application/revoke-session.js';
import { sendLetter } from './application/send-letter.js';
import { requestProfileImageUpload } from './application/request-profile-image-upload.js';
import { signIn } from './application/sign-in.js';
import { signOut } from './application/sign-out.js';
import { updateProfile } from './application/update-profile.js';
import { requestEmailVerification, verifyEmail } from './application/verify-email.js';

export type IdentityPorts = Ports;

/** Table of contents: everything this context can do, wired once for production and once for tests. Reactions: `personal-data.ts`. Reads: `*-queries.ts`. */
export function identityContext(ports: IdentityPorts) {
  return {
    verbs: {
      register: register(ports),
      signIn: signIn(ports),
      refreshSession: refreshSession(ports),
      signOut: signOut(ports),
      revokeSession: revokeSession(ports),
      verifyEmail: verifyEmail(ports),
      requestEmailVerification: requestEmailVerification(ports),
      requestPasswordReset: requestPasswordReset(ports),
      resetPassword: resetPassword(ports),
      changePassword: changePassword(ports),
      identityProviders: () => ports.identityProviders.list,
      beginProviderSignIn: beginProviderSignIn(ports),
      signInWithProvider: signInWithProvider(ports),
      updateProfile: updateProfile(ports),
      requestProfileImageUpload: requestProfileImageUpload(ports),
      eraseUser: eraseUser(ports),
      exportMyData: exportMyData(ports),
      beginSecondFactor: beginSecondFactor(ports),
      confirmSecondFactor: confirmSecondFactor(ports),
      disableSecondFactor: disableSecondFactor(ports),
      assignRole: assignRole(ports),
      grantPermission: grantPermission(ports),
      revokePermission: revokePermission(ports),
      deactivateUser: deactivateUser(ports),
    },
    jobs: {
      sendLetter: sendLetter(ports),
    },
  };
}

export type IdentityVerbs = ReturnType<typeof identityContext>['verbs'];
