"""Every failure that this project has a name for, in one tree.

    QaError                    code, one sentence that says what was wrong and what to do
    ├── UsageError             the call or its input is wrong            exit 2, HTTP 4xx
    │   ├── QuestionError      the question or an option of it           422
    │   ├── JudgementError     what is judged is no quote of the index   422
    │   ├── NotFoundError      no such document or passage               404
    │   │   └── OriginalError  the file of a document cannot be shown    404
    │   │       └── OriginalChangedError  it is another one by now       409
    │   ├── UnauthorizedError  no key, or none that is known             401
    │   ├── ForbiddenError     a key of too small a scope, another site  403
    │   ├── TooManyError       one caller's share is used up             429
    │   ├── CorpusError        nothing in the PATHs can be indexed
    │   ├── ConfinementError   the kernel does not confine the readers
    │   ├── WorkersError       a build's workers do not start, or do not see what it sees
    │   └── DatasetError       a judged data set that cannot be read
    ├── GateError              a gate did not hold                       exit 1
    ├── BusyError              the service is overloaded                 503
    ├── ClientGoneError        the client left before its answer         499
    ├── JudgementsFullError      their file has no more room         exit 2, HTTP 507
    ├── JudgementsUnusableError  their file cannot be used           exit 3, HTTP 503
    ├── KeysUnusableError      the key file is damaged or missing        exit 3, HTTP 503
    ├── SessionsUnusableError  the secret of sessions is, too            exit 3, HTTP 503
    └── IndexUnusableError     the index cannot be served                exit 3, HTTP 503
        ├── IndexMissingError  there is none at that place
        ├── IndexDamagedError  a checksum, size or value is not what was written
        ├── IndexForeignError  another format version, model or dimension
        ├── IndexUnreachableError  its place does not respond: ask again
        └── IndexLockedError   another process is building it            exit 2, HTTP 409

Any other exception is a fault of this program: exit 70, HTTP 500, with the traceback in
the log only.
"""

from __future__ import annotations

from typing import ClassVar


class QaError(Exception):
    """A failure with a name. ``str(error)`` is one line: what was wrong, and what to do."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 70
    waits: ClassVar[int | None] = None
    """Seconds after which a new try may succeed, if this kind of failure has such a time."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.name = code or self.code
        self.retry_after = self.waits if retry_after is None else retry_after
        """Seconds after which a new try may succeed, if that is known."""


class UsageError(QaError):
    """The call or its input is wrong."""

    code = "bad_request"
    status = 400
    exit_status = 2


class QuestionError(UsageError):
    """The question, or an option of it, is not allowed."""

    code = "invalid_question"
    status = 422


class JudgementError(UsageError):
    """What is judged is no quote of the index, or the judgement is not complete."""

    code = "invalid_judgement"
    status = 422


class NotFoundError(UsageError):
    """No such document."""

    code = "not_found"
    status = 404


class OriginalError(NotFoundError):
    """The file that a document was read from, or a page of it, cannot be shown."""

    code = "original_unavailable"


class OriginalChangedError(OriginalError):
    """The file has changed since the document was read from it."""

    code = "original_changed"
    status = 409


class UnauthorizedError(UsageError):
    """There is no key, or it is not known."""

    code = "key_missing"
    status = 401


class ForbiddenError(UsageError):
    """The caller may not do this."""

    code = "forbidden"
    status = 403


class TooManyError(UsageError):
    """One caller asks for more than its share."""

    code = "too_many_requests"
    status = 429


class CorpusError(UsageError):
    """Nothing in the PATHs can be indexed, or ``--strict`` met a file that cannot be read."""

    code = "corpus_unreadable"


class ConfinementError(UsageError):
    """The kernel does not confine the readers' process as the settings demand."""

    code = "readers_not_confined"


class WorkersError(UsageError):
    """The workers of a build do not start, end again and again, or see other files than it does."""

    code = "workers_failed"


class DatasetError(UsageError):
    """A judged data set that cannot be read, or that does not fit the index."""

    code = "dataset_unreadable"


class GateError(QaError):
    """A quality gate did not hold."""

    code = "gate_failed"
    exit_status = 1


class BusyError(QaError):
    """The service is overloaded."""

    code = "busy"
    status = 503


class ClientGoneError(QaError):
    """The client left, so nobody reads this."""

    code = "client_gone"
    status = 499


class JudgementsFullError(QaError):
    """The file of judgements has no more room."""

    code = "judgements_full"
    status = 507
    exit_status = 2


class JudgementsUnusableError(QaError):
    """The file of judgements is damaged, or cannot be written."""

    code = "judgements_unusable"
    status = 503
    exit_status = 3


class KeysUnusableError(QaError):
    """The key file is damaged; or it is missing although keys were needed."""

    code = "keys_unusable"
    status = 503
    exit_status = 3


class SessionsUnusableError(QaError):
    """The secret of browsers' sessions is damaged or missing; keys in a header still work."""

    code = "sessions_unusable"
    status = 503
    exit_status = 3


class IndexUnusableError(QaError):
    """The index cannot be served."""

    code = "index_unusable"
    status = 503
    exit_status = 3


class IndexMissingError(IndexUnusableError):
    """There is no index at that place."""

    code = "index_missing"


class IndexDamagedError(IndexUnusableError):
    """A checksum, a size or a value is not what was written."""

    code = "index_damaged"


class IndexForeignError(IndexUnusableError):
    """The index has another format version, model or dimension."""

    code = "index_foreign"


class IndexUnreachableError(IndexUnusableError):
    """The place that holds the index does not respond, or too late; it may respond again soon."""

    code = "index_unreachable"
    waits = 2


class IndexLockedError(IndexUnusableError):
    """Another process is building this index."""

    code = "index_locked"
    status = 409
    exit_status = 2
