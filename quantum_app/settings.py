"""The only reader of the environment.

Values come from the environment first, then from `$QUANTUM_HOME/run.env`, which the supervisor writes (mode 600); so
`make doctor` and a shell find the running instance without exporting anything. A part that the supervisor starts
(`QUANTUM_SUPERVISED`) reads its environment alone: it holds what that part needs, and run.env holds everything.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
VERSION = "0.1.0"
SHORTEST_KEY = 32
_LOG_FORMATS = Literal["console", "json"]
# A setting of any other type (SecretStr, what is made of JSON) is taken for a secret.
_PLAIN = (str, int, float, bool, _LOG_FORMATS)


def home() -> Path:
    """The data folder of this instance: `QUANTUM_HOME`, `.quantum` beside the code by default."""
    return (ROOT / os.environ.get("QUANTUM_HOME", ".quantum")).resolve()


class _Group(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    def __init__(self, **values: Any) -> None:
        supervised = os.environ.get("QUANTUM_SUPERVISED")
        super().__init__(_env_file=None if supervised else home() / "run.env", **values)


class Database(_Group):
    """`DATABASE_URL` logs in as the application role; the owner runs migrations; the system login runs sweeps."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")
    url: SecretStr = SecretStr("")
    owner_url: SecretStr = SecretStr("")
    system_url: SecretStr = SecretStr("")


class Redis(_Group):
    model_config = SettingsConfigDict(env_prefix="REDIS_")
    url: SecretStr = SecretStr("")


class Valkey(_Group):
    """The embedded server. maxmemory: bytes it may hold, as Valkey writes them; beyond, what was not used for longest
    goes."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_VALKEY_")
    maxmemory: str = Field(default="256mb", pattern=r"^(?i:[1-9]\d*(kb|mb|gb)?)$")


class LiveKit(_Group):
    """`public_url` is what browsers use; empty means `url`."""

    model_config = SettingsConfigDict(env_prefix="LIVEKIT_")
    url: str = ""
    public_url: str = ""
    api_key: str = ""
    api_secret: SecretStr = SecretStr("")

    @property
    def browser_url(self) -> str:
        return self.public_url or self.url


class Deepgram(_Group):
    """Speech in and out. Without a key the supervisor points `base_url` at local_providers."""

    model_config = SettingsConfigDict(env_prefix="DEEPGRAM_")
    api_key: SecretStr = SecretStr("")
    base_url: str = "https://api.deepgram.com"
    stt_model: str = "nova-3"
    tts_model: str = "aura-2-andromeda-en"


class OpenAI(_Group):
    """The model behind the LLM brain: any OpenAI-compatible server. Neither key nor base URL: the rules answer."""

    model_config = SettingsConfigDict(env_prefix="OPENAI_")
    api_key: SecretStr = SecretStr("")
    base_url: str = ""
    model: str = "gpt-4.1-mini"

    @property
    def enabled(self) -> bool:
        return bool(self.api_key.get_secret_value() or self.base_url)


class Embeddings(_Group):
    """An OpenAI-compatible `/v1/embeddings`; local_providers unless told otherwise."""

    model_config = SettingsConfigDict(env_prefix="EMBEDDINGS_")
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    model: str = "multilingual-e5-small"


class LocalProviders(_Group):
    """The process that speaks the vendors' protocols on loopback.

    whisper_model: a folder with a CTranslate2 model or a faster-whisper name; empty is the bundled tiny.en.
    """

    model_config = SettingsConfigDict(env_prefix="LOCAL_PROVIDERS_")
    port: int = 3006
    key: SecretStr = SecretStr("")
    whisper_model: str = ""
    fault_injection: bool = False


class Mail(_Group):
    """How mail leaves: by SMTP_URL (smtp://user:…@host:587, or smtps://) when there is one, else by Resend.

    With neither, the supervisor points RESEND_BASE_URL at local_providers. mail_from: “Name <address>”.
    """

    mail_from: str = "Quantum Voice <hello@quantum-voice.example>"
    smtp_url: SecretStr = SecretStr("")
    resend_api_key: SecretStr = SecretStr("")
    resend_base_url: str = "https://api.resend.com"


class Worker(_Group):
    """max_calls: concurrent calls this worker accepts. Times in seconds."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_WORKER_")
    agent_name: str = "quantum"
    port: int = 3007
    max_calls: int = 8
    filler_after: float = 1.2
    answer_timeout: float = 6.0
    silence_prompt_after: float = 15.0
    silence_end_after: float = 30.0
    # Neither a word nor a message for so long: the caller is asked, whatever is heard or typed meanwhile, and released.
    wordless_after: float = 60.0
    ghost_after: float = 10.0
    drain_timeout: int = 20


class Quotas(_Group):
    """What one account may have or do. Reaching a quota is refused with what to do about it."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_QUOTA_")
    campaigns: int = Field(default=100, ge=1)
    """Campaigns that are not deleted."""
    campaigns_a_day: int = Field(default=100, ge=1)
    """Campaigns created within 24 hours, deleted ones included."""
    versions: int = Field(default=100, ge=1)
    """Published versions of a campaign that are kept, newest first. A version that a call began with is always kept."""
    flow_storage: int = Field(default=200_000_000, ge=100_000)
    """Bytes of all drafts, earlier drafts, versions, and cases, as JSON."""
    members: int = Field(default=500, ge=1)
    """Members and open invitations together."""
    invitations_a_day: int = Field(default=100, ge=1)
    """Invitations sent within 24 hours."""
    handovers_a_day: int = Field(default=5, ge=1)
    """Changes of the owner within 24 hours; each of them sends a mail."""
    exports_a_day: int = Field(default=5, ge=1)
    """Exports requested within 24 hours."""
    exports_kept: int = Field(default=5, ge=1)
    """Exports that can be downloaded, newest first. None is kept longer than a week."""
    export_size: int = Field(default=2_000_000_000, ge=1_000_000)
    """Bytes of JSON in one export, before compression."""


class ModelLimits(_Group):
    """How much a language model may write and use. Beyond a budget the rules answer."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_MODEL_")
    tokens: int = Field(default=200, ge=16)
    """Tokens of a spoken answer."""
    letters: int = Field(default=600, ge=50)
    """Characters of a spoken answer; a longer one ends with its last whole sentence."""
    seconds: float = Field(default=15.0, gt=0)
    """Seconds from the question until a spoken answer is complete."""
    structured_tokens: int = Field(default=600, ge=16)
    """Tokens of a structured answer: an intent, or the values of variables."""
    prompt_letters: int = Field(default=60_000, ge=1_000)
    """Characters of one prompt; the rules take a longer one."""
    call_tokens: int = Field(default=400_000, ge=1)
    """Tokens of one call, prompts and answers together."""
    day_tokens: int = Field(default=20_000_000, ge=1)
    """Tokens of one account on one day (UTC), calls and simulations together."""


class Http(_Group):
    """What the web server takes from one address, and how fast it has to come.

    requests_per_address: requests in progress at once; WebSockets are not among them. body_timeout: seconds in which a
    body has to arrive; it gets one more second for each body_rate bytes of it that came.
    instance_key: opens the demo's mailbox and the details of health, neither when it is empty. `make run` prints it.
    """

    model_config = SettingsConfigDict(env_prefix="QUANTUM_HTTP_")
    requests_per_address: int = Field(default=64, ge=1)
    body_timeout: float = Field(default=10.0, gt=0)
    body_rate: int = Field(default=20_000, ge=1)
    instance_key: SecretStr = SecretStr("")


class Capacity(_Group):
    """Who may hold how many of the calls that the workers can take at once (their slots).

    Shares are fractions of all slots, rounded up. While there are two slots or more, no address, campaign or account
    gets the last one on top of all others. per_address: calls that one address (IPv6: /64) may hold even where its
    share is less. starts_per_minute: attempts to start a call from one address. join_within: seconds for which a slot
    is kept for a caller who has not joined yet.
    """

    model_config = SettingsConfigDict(env_prefix="QUANTUM_CAPACITY_")
    per_address: int = Field(default=2, ge=1)
    address_share: float = Field(default=0.25, gt=0, le=1)
    campaign_share: float = Field(default=0.6, gt=0, le=1)
    account_share: float = Field(default=0.75, gt=0, le=1)
    starts_per_minute: int = Field(default=20, ge=1)
    join_within: int = Field(default=30, ge=5)


class Sockets(_Group):
    """What the pages' sockets may cost. The counts of connects, messages and bytes are for each ten seconds."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_SOCKET_")
    # Seconds for which a page that was served may open sockets; the page renews it when a socket is refused.
    page_session: int = 3600
    # Bytes of the largest message.
    message_bytes: int = 64 * 1024
    # Of one address: sockets open at once, sockets opened, messages sent, bytes sent.
    open: int = 100
    connects: int = 40
    messages: int = 600
    bytes: int = 1024 * 1024
    # Seconds for which Redis keeps the state of a tab: without a login, and with one.
    anonymous_state: int = 600
    state: int = 3600


class FlowWork(_Group):
    """The processes in which the web checks and tries flows that people send.

    processes: at once, 60 to 160 MB each · cpu_seconds: processor time of one job · seconds: the longest that one job
    runs, with its waits for embeddings and a language model · memory_mb: the most data of one process, of which
    libraries take 120 to 220 MB · waiting: jobs of one account that wait for a process; one more gets 429.
    """

    model_config = SettingsConfigDict(env_prefix="QUANTUM_WORK_")
    processes: int = Field(default=2, ge=1)
    cpu_seconds: float = Field(default=5.0, gt=0)
    seconds: float = Field(default=30.0, gt=0)
    memory_mb: int = Field(default=768, ge=512)
    waiting: int = Field(default=16, ge=1)


class OidcProvider(BaseModel):
    """Somewhere else that people can prove who they are. id: in our callback's address; name: on the login page."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    name: str
    issuer: str
    client_id: str
    client_secret: SecretStr = SecretStr("")


class Settings(_Group):
    """All settings. `settings()` gives the cached instance of this process."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_")
    port: int = 3000
    public_url: str = ""
    log_format: _LOG_FORMATS = "console"
    log_level: str = "INFO"
    secret_key: SecretStr = SecretStr("")
    instance: str = Field(default="quantum", pattern=r"^[a-z0-9_]+$")

    # Networks, with commas between: whoever is connected from there may say in X-Forwarded-For for whom.
    trusted_proxies: str = "127.0.0.0/8,::1/128"
    # JSON: [{"id": "google", "name": "Google", "issuer": "https://accounts.google.com", "client_id": …, …}]
    oidc: list[OidcProvider] = []

    database: Database = Field(default_factory=Database)
    redis: Redis = Field(default_factory=Redis)
    valkey: Valkey = Field(default_factory=Valkey)
    livekit: LiveKit = Field(default_factory=LiveKit)
    deepgram: Deepgram = Field(default_factory=Deepgram)
    openai: OpenAI = Field(default_factory=OpenAI)
    embeddings: Embeddings = Field(default_factory=Embeddings)
    local_providers: LocalProviders = Field(default_factory=LocalProviders)
    mail: Mail = Field(default_factory=Mail)
    worker: Worker = Field(default_factory=Worker)
    quotas: Quotas = Field(default_factory=Quotas)
    model_limits: ModelLimits = Field(default_factory=ModelLimits)
    http: Http = Field(default_factory=Http)
    capacity: Capacity = Field(default_factory=Capacity)
    sockets: Sockets = Field(default_factory=Sockets)
    work: FlowWork = Field(default_factory=FlowWork)

    @property
    def home(self) -> Path:
        return home()

    @property
    def allowed_origins(self) -> list[str]:
        """The origins a browser may use: exact, never `*`. With a public address, it is the only one."""
        if self.public_url:
            return [self.public_url.rstrip("/").lower()]
        return [f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"]

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may name as its host, whatever the port. Programs on this machine use loopback's names."""
        public = urlsplit(self.public_url).hostname
        if not public:
            return LOOPBACK_HOSTS
        return LOOPBACK_HOSTS | {f"[{public}]" if ":" in public else public}

    @property
    def proxies(self) -> list[str]:
        return [network.strip() for network in self.trusted_proxies.split(",") if network.strip()]

    @property
    def cookie_prefix(self) -> str:
        """Cookies ignore ports, so two copies on one machine need different names."""
        return f"qv_{self.instance}"

    @property
    def cookie_name(self) -> str:
        """Of the login. Behind HTTPS, browsers take one of this name from this very host only."""
        return f"__Host-{self.cookie_prefix}" if self.public_url.startswith("https:") else self.cookie_prefix

    @property
    def signing_key(self) -> str:
        """What tokens are signed and secrets encrypted with. Raises RuntimeError for one that could be guessed."""
        key = self.secret_key.get_secret_value()
        if len(key) < SHORTEST_KEY:
            raise RuntimeError(f"QUANTUM_SECRET_KEY is too short: set one of {SHORTEST_KEY} random characters or more.")
        return key

    @property
    def demo_mail(self) -> bool:
        """Whether mail goes to this instance's own mailbox: nothing leaves this machine, and nobody else may look."""
        here = f"http://127.0.0.1:{self.local_providers.port}"
        return not (self.public_url or self.mail.smtp_url.get_secret_value()) and self.mail.resend_base_url == here

    @property
    def web_url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"


def variables() -> dict[str, bool]:
    """Every environment variable that is read here, and whether it may hold a secret."""
    return {
        f"{group.model_config.get('env_prefix', '')}{name}".upper(): field.annotation not in _PLAIN
        for group in _Group.__subclasses__()
        for name, field in group.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, _Group))
    }


@cache
def settings() -> Settings:
    """This process's settings, read once."""
    return Settings()
