import type { Ports } from './application/ports.js';
import { refreshSession } from './application/refresh-session.js';
import { register } from './application/register.js';
import { signIn } from './application/sign-in.js';
import { signOut } from './application/sign-out.js';
import { updateProfile } from './application/update-profile.js';

export type IdentityPorts = Ports;

/** All that this context can do, wired once for production and once for tests, from other ports. It reacts to nobody's events; it is read by user-queries.ts. */
export function identityVerbs(ports: IdentityPorts) {
  return {
    register: register(ports),
    signIn: signIn(ports),
    refreshSession: refreshSession(ports),
    signOut: signOut(ports),
    updateProfile: updateProfile(ports),
  };
}
