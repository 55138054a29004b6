"""All settings. Nothing else reads the environment.

Values come from the environment, then from `$QUANTUM_HOME/run.env`, which the supervisor writes (mode 600). So tools
like `make doctor` find the running instance. Parts that the supervisor starts (`QUANTUM_SUPERVISED`) read only their
environment, which has just what they need, while run.env has everything.
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
# Settings of any other type (SecretStr, JSON) are treated as secrets.
_PLAIN = (str, int, float, bool, _LOG_FORMATS)


def home() -> Path:
    """The data folder of this instance: `QUANTUM_HOME`, by default `.quantum` in the project."""
    return (ROOT / os.environ.get("QUANTUM_HOME", ".quantum")).resolve()


class _Group(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    def __init__(self, **values: Any) -> None:
        supervised = os.environ.get("QUANTUM_SUPERVISED")
        super().__init__(_env_file=None if supervised else home() / "run.env", **values)


class Database(_Group):
    """Postgres, by three logins."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")
    url: SecretStr = SecretStr("")
    """For the application, limited by row-level security."""
    owner_url: SecretStr = SecretStr("")
    """For migrations."""
    system_url: SecretStr = SecretStr("")
    """For sweeps across accounts."""


class Redis(_Group):
    """Redis or Valkey. Page states may have a server of their own, so that they never push out anything else."""

    model_config = SettingsConfigDict(env_prefix="REDIS_")
    url: SecretStr = SecretStr("")
    pages_url: SecretStr = SecretStr("")
    """For the states of open pages. By default `url`."""

    @property
    def page_states(self) -> str:
        return (self.pages_url or self.url).get_secret_value()


class Valkey(_Group):
    """The embedded Valkey servers."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_VALKEY_")
    maxmemory: str = Field(default="256mb", pattern=r"^(?i:[1-9]\d*(kb|mb|gb)?)$")
    """Memory limit of each server in Valkey's notation. Beyond it, the least recently used keys are evicted."""


class LiveKit(_Group):
    """The LiveKit server."""

    model_config = SettingsConfigDict(env_prefix="LIVEKIT_")
    url: str = ""
    public_url: str = ""
    """URL for browsers, if it differs from `url`."""
    api_key: str = ""
    api_secret: SecretStr = SecretStr("")

    @property
    def browser_url(self) -> str:
        return self.public_url or self.url


class Deepgram(_Group):
    """Speech to text and text to speech. Without a key, the supervisor points `base_url` at local_providers."""

    model_config = SettingsConfigDict(env_prefix="DEEPGRAM_")
    api_key: SecretStr = SecretStr("")
    base_url: str = "https://api.deepgram.com"
    stt_model: str = "nova-3"
    tts_model: str = "aura-2-andromeda-en"

    @property
    def is_local(self) -> bool:
        """Whether engines on this machine hear and speak. They cost nothing, and have one voice."""
        return urlsplit(self.base_url).hostname in {"127.0.0.1", "localhost", "::1"}


class OpenAI(_Group):
    """The language model, on any OpenAI-compatible server. With neither key nor base URL, the rules answer."""

    model_config = SettingsConfigDict(env_prefix="OPENAI_")
    api_key: SecretStr = SecretStr("")
    base_url: str = ""
    model: str = "gpt-4.1-mini"

    @property
    def enabled(self) -> bool:
        return bool(self.api_key.get_secret_value() or self.base_url)


class Embeddings(_Group):
    """An OpenAI-compatible `/v1/embeddings` server. By default local_providers."""

    model_config = SettingsConfigDict(env_prefix="EMBEDDINGS_")
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    model: str = "multilingual-e5-small"


class LocalProviders(_Group):
    """The process that implements the vendors' protocols on loopback."""

    model_config = SettingsConfigDict(env_prefix="LOCAL_PROVIDERS_")
    port: int = 3006
    key: SecretStr = SecretStr("")
    whisper_model: str = ""
    """Folder of a CTranslate2 model, or a faster-whisper name. Empty for the bundled tiny.en."""
    fault_injection: bool = False


class Mail(_Group):
    """Sending email: by SMTP if `smtp_url` is set, else by Resend.

    With neither, the supervisor points RESEND_BASE_URL at local_providers.
    """

    mail_from: str = "Quantum Voice <hello@quantum-voice.example>"
    """Sender, as “Name <address>”."""
    smtp_url: SecretStr = SecretStr("")
    """Like smtp://user:…@host:587, or smtps:// for TLS."""
    resend_api_key: SecretStr = SecretStr("")
    resend_base_url: str = "https://api.resend.com"


class Storage(_Group):
    """Where files of accounts are kept: in a bucket of an S3-compatible service, else in the data folder."""

    model_config = SettingsConfigDict(env_prefix="STORAGE_")
    bucket: str = ""
    endpoint: str = ""
    """URL of the service. By default that of AWS in `region`."""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")


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
    # The same for callers who type.
    typing_prompt_after: float = 60.0
    typing_end_after: float = 120.0
    # Neither a word nor a keystroke for so long: the caller is asked, whatever the microphone hears, and released.
    no_words_after: float = 60.0
    no_audio_after: float = 10.0
    drain_timeout: int = 20


class Quotas(_Group):
    """What one account may have or do. Beyond a quota, requests are refused with a message that says what to do."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_QUOTA_")
    campaigns: int = Field(default=100, ge=1)
    """Campaigns that aren't deleted."""
    campaigns_a_day: int = Field(default=100, ge=1)
    """Campaigns created within 24 hours, including deleted ones."""
    versions: int = Field(default=100, ge=1)
    """Published versions kept per campaign, newest first. Versions that calls used are always kept."""
    flow_storage: int = Field(default=200_000_000, ge=100_000)
    """Bytes of all drafts, earlier drafts, versions and test cases as JSON."""
    members: int = Field(default=500, ge=1)
    """Members and pending invitations together."""
    invitations_a_day: int = Field(default=100, ge=1)
    """Invitations sent within 24 hours."""
    handovers_a_day: int = Field(default=5, ge=1)
    """Transfers of ownership within 24 hours. Each sends an email."""
    result_emails_a_day: int = Field(default=500, ge=1)
    """Emails with the result of a call within 24 hours, whoever gets them. The last one says so."""
    exports_a_day: int = Field(default=5, ge=1)
    """Exports requested within 24 hours."""
    stored_exports: int = Field(default=5, ge=1)
    """Finished exports kept, newest first. None is kept longer than a week."""
    export_size: int = Field(default=2_000_000_000, ge=1_000_000)
    """Bytes of JSON in one export, before compression."""
    knowledge_bases: int = Field(default=50, ge=1)
    knowledge_documents: int = Field(default=5_000, ge=1)
    """Documents in all bases."""
    knowledge_uploads_a_day: int = Field(default=2_000, ge=1)
    """Versions of documents stored within 24 hours."""
    knowledge_storage: int = Field(default=2_000_000_000, ge=1_000_000)
    """Bytes of all stored versions."""
    knowledge_chunks: int = Field(default=100_000, ge=100)
    """Chunks of all searchable documents."""


class ModelLimits(_Group):
    """Limits of the language model. Beyond a budget, the rules answer."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_MODEL_")
    tokens: int = Field(default=200, ge=16)
    """Most tokens of a spoken answer."""
    letters: int = Field(default=600, ge=50)
    """Most characters of a spoken answer. A longer one is cut after a whole sentence."""
    seconds: float = Field(default=15.0, gt=0)
    """Seconds from the question until a spoken answer is complete."""
    structured_tokens: int = Field(default=600, ge=16)
    """Most tokens of a structured response: an intent, or values of variables."""
    prompt_letters: int = Field(default=60_000, ge=1_000)
    """Most characters of a prompt. Beyond it, the rules answer."""
    call_tokens: int = Field(default=400_000, ge=1)
    """Tokens per call, prompts and responses together."""
    day_tokens: int = Field(default=20_000_000, ge=1)
    """Tokens per account and day (UTC), calls and simulations together."""


class Http(_Group):
    """Limits of HTTP requests."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_HTTP_")
    requests_per_address: int = Field(default=64, ge=1)
    """Concurrent requests per client address, without WebSockets."""
    body_timeout: float = Field(default=10.0, gt=0)
    """Seconds in which a request body must arrive, plus one for every `body_rate` bytes received."""
    body_rate: int = Field(default=20_000, ge=1)
    instance_key: SecretStr = SecretStr("")
    """Gives access to the demo mailbox and the details of health checks. Empty for no access."""


class Capacity(_Group):
    """How the workers' call slots are shared. Shares are fractions of all slots, rounded up.

    If there are several slots, no address, campaign or account can hold all of them.
    """

    model_config = SettingsConfigDict(env_prefix="QUANTUM_CAPACITY_")
    per_address: int = Field(default=2, ge=1)
    """Calls that one address (IPv6: /64) may hold even if its share is smaller."""
    address_share: float = Field(default=0.25, gt=0, le=1)
    campaign_share: float = Field(default=0.6, gt=0, le=1)
    account_share: float = Field(default=0.75, gt=0, le=1)
    starts_per_minute: int = Field(default=20, ge=1)
    """Attempts to start a call per address."""
    join_within: int = Field(default=30, ge=5)
    """Seconds to hold a slot for a caller who hasn't joined."""


class Sockets(_Group):
    """Limits of the pages' sockets. Connects, messages and bytes are per address and ten seconds."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_SOCKET_")
    page_session: int = 3600
    """Seconds for which a page may open sockets. The page renews it when a socket is refused."""
    message_bytes: int = 64 * 1024
    """Bytes of the largest message."""
    open: int = 100
    """Open sockets per address."""
    connects: int = 40
    messages: int = 600
    bytes: int = 1024 * 1024
    anonymous_state: int = 600
    """Seconds for which Redis keeps the state of a tab without a login."""
    state: int = 3600
    """Seconds for which Redis keeps the state of a tab with a login."""


class FlowWork(_Group):
    """The process pool that validates and simulates flows."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_WORK_")
    processes: int = Field(default=2, ge=1)
    """Processes at once, 60 to 160 MB each."""
    cpu_seconds: float = Field(default=5.0, gt=0)
    """CPU time per job."""
    seconds: float = Field(default=30.0, gt=0)
    """Wall-clock time per job, including waits for embeddings and the language model."""
    memory_mb: int = Field(default=768, ge=512)
    """Memory per process, of which libraries take 120 to 220 MB."""
    waiting: int = Field(default=16, ge=1)
    """Jobs of one account that may wait for a process. Beyond it, requests get 429."""


class OidcProvider(BaseModel):
    """An external identity provider (OpenID Connect)."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    """Part of our callback URL."""
    name: str
    """As shown on the login page."""
    issuer: str
    client_id: str
    client_secret: SecretStr = SecretStr("")


class Settings(_Group):
    """All settings. `settings()` returns the cached instance of this process."""

    model_config = SettingsConfigDict(env_prefix="QUANTUM_")
    port: int = 3000
    public_url: str = ""
    log_format: _LOG_FORMATS = "console"
    log_level: str = "INFO"
    secret_key: SecretStr = SecretStr("")
    instance: str = Field(default="quantum", pattern=r"^[a-z0-9_]+$")

    # Comma-separated networks whose X-Forwarded-For is trusted.
    trusted_proxies: str = "127.0.0.0/8,::1/128"
    # Comma-separated ports of web addresses that customers enter. Private networks stay closed at any port.
    outbound_ports: str = Field(default="80,443", pattern=r"^[1-9]\d{0,4}(,[1-9]\d{0,4})*$")
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
    storage: Storage = Field(default_factory=Storage)
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
        """Origins that browsers may use. With a public URL, only that one."""
        if self.public_url:
            return [self.public_url.rstrip("/").lower()]
        return [f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"]

    @property
    def hosts(self) -> frozenset[str]:
        """Host names that a request may use, with any port: the public one, and loopback for local programs."""
        public = urlsplit(self.public_url).hostname
        if not public:
            return LOOPBACK_HOSTS
        return LOOPBACK_HOSTS | {f"[{public}]" if ":" in public else public}

    @property
    def proxies(self) -> list[str]:
        return [network.strip() for network in self.trusted_proxies.split(",") if network.strip()]

    @property
    def web_ports(self) -> frozenset[int]:
        """Ports of web addresses that customers enter."""
        return frozenset(map(int, self.outbound_ports.split(",")))

    @property
    def cookie_prefix(self) -> str:
        """Prefix of cookie names. Cookies ignore ports, so two instances on one machine need different names."""
        return f"qv_{self.instance}"

    @property
    def cookie_name(self) -> str:
        """Name of the login cookie. Behind HTTPS, the `__Host-` prefix ties it to this host."""
        return f"__Host-{self.cookie_prefix}" if self.public_url.startswith("https:") else self.cookie_prefix

    @property
    def signing_key(self) -> str:
        """Key for signing tokens and encrypting secrets. Raises RuntimeError if it's too short."""
        key = self.secret_key.get_secret_value()
        if len(key) < SHORTEST_KEY:
            raise RuntimeError(f"QUANTUM_SECRET_KEY is too short. Use at least {SHORTEST_KEY} random characters.")
        return key

    @property
    def demo_mail(self) -> bool:
        """Whether email goes to this instance's own mailbox instead of a provider."""
        here = f"http://127.0.0.1:{self.local_providers.port}"
        return not (self.public_url or self.mail.smtp_url.get_secret_value()) and self.mail.resend_base_url == here

    @property
    def web_url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"


def variables() -> dict[str, bool]:
    """Every environment variable of the settings, and whether it may hold a secret."""
    return {
        f"{group.model_config.get('env_prefix', '')}{name}".upper(): field.annotation not in _PLAIN
        for group in _Group.__subclasses__()
        for name, field in group.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, _Group))
    }


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
