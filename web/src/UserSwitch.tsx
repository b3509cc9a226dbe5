import { useEffect, useState } from 'react';
import type { User } from './config';
import type { Tokens } from './tokens';

interface Props {
  users: User[];
  /** Name of the user whom the page acts as; undefined is nobody. */
  active: string | undefined;
  onChange: (user: string | undefined) => void;
  tokens: Tokens;
}

const NOBODY: User = { name: 'nobody', about: 'anonymous: may browse restaurants' };

/** The radio group in the header that says, and chooses, whom the page acts as. */
export function UserSwitch({ users, active, onChange, tokens }: Props) {
  const failure = useTokenCheck(active, tokens);
  const shown = users.find((user) => user.name === active) ?? NOBODY;
  return (
    <div className="user-switch">
      <span className={failure ? 'user-note failed' : 'user-note'} role="status">
        {failure ?? shown.about}
      </span>
      <div className="user-choices" role="radiogroup" aria-label="Act as">
        {[...users, NOBODY].map((user) => (
          <button
            key={user.name}
            type="button"
            role="radio"
            aria-checked={user === shown}
            title={user.about}
            onClick={() => onChange(user === NOBODY ? undefined : user.name)}
          >
            {user.name}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Fetches the user's token as soon as the user is chosen, so that a failure is seen before an operation is sent. */
function useTokenCheck(user: string | undefined, tokens: Tokens): string | undefined {
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    let current = true;
    setFailure(undefined);
    if (user !== undefined) {
      tokens.get(user).catch((error: Error) => current && setFailure(error.message));
    }
    return () => {
      current = false;
    };
  }, [user, tokens]);
  return failure;
}
