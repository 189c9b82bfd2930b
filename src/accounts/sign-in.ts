import passport from 'passport';
import { Strategy as LocalStrategy } from 'passport-local';
import type { AccountId } from '../kernel/index.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { Passwords } from './passwords.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the one place where passport looks for this type
  namespace Express {
    /** Who is signed in, as `request.user`. */
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a person is what an account says, nothing more
    interface User extends Account {}
  }
}

/**
 * Passport for pages: the strategy `local` takes the form fields `email` and `password`. At sign-in and sign-out it
 * gives the session a new id (threat model WEB-09); a disabled or removed person is nobody from the next request on.
 */
export function createPassport(inputs: { accounts: Accounts; passwords: Passwords }): passport.Authenticator {
  const { accounts, passwords } = inputs;
  const authenticator = new passport.Passport();
  authenticator.use(localStrategy(passwords));
  authenticator.serializeUser((user, done) => {
    done(null, user.id);
  });
  authenticator.deserializeUser((id: AccountId, done) => {
    accounts.byId(id).then((account) => {
      done(null, account?.disabled === false ? account : false);
    }, done);
  });
  return authenticator;
}

function localStrategy(passwords: Passwords): LocalStrategy {
  const fields = { usernameField: 'email', passwordField: 'password', passReqToCallback: true } as const;
  return new LocalStrategy(fields, (request, email, password, done) => {
    passwords.signIn(email, password, { address: request.ip ?? '' }).then((answer) => {
      done(null, answer.kind === 'ok' ? answer.account : false);
    }, done);
  });
}
