"""What agents do in the storefront."""

from customer_api.agents.tokens import to_pair
from customer_api.operators.errors import OperatorLoginFailed
from customer_api.operators.logins import OperatorLogin, OperatorLogins
from customer_api.tokens.grants import TokenPair


class AgentService:
    """Logs agents in."""

    def __init__(self, *, logins: OperatorLogins) -> None:
        self._logins = logins

    async def log_in(self, command: OperatorLogin) -> TokenPair:
        """Start a session of an operator who is an agent, for the storefront alone.

        Raises:
            OperatorLoginFailed: whatever is wrong, in the same time; also no agent. What lacks a name
                or a password counts as no attempt.
            TooManyAttempts: this account is blocked for this client address, or strangers to it wait.
            TooManyRequests: the address failed to log in to too many accounts.
            HashingBusy: too many logins at once.
        """
        if not command.email or not command.password:
            raise OperatorLoginFailed
        return to_pair(await self._logins.log_in(command))
