"""The papers of a merchant's application: what is handed in, sealed at rest, opened for who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.extensions import vault
from app.models import ApplicationDocument, MerchantApplication

SEALED = ("contact_name", "account_name", "account_number")


@dataclass(frozen=True)
class Document:
    """A file's metadata; `sha256` in hexadecimal digits."""

    kind: str
    file_name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Papers:
    """What is handed in, normalised and checked."""

    name: str
    credit_code: str
    contact_name: str
    bank_name: str
    account_name: str
    account_number: str
    documents: Sequence[Document]

    def columns(self, application_id: str) -> dict[str, Any]:
        """As columns of this application, what is personal sealed."""
        sealed = {
            f"{part}_ct": vault().seal(getattr(self, part), f"application.{part}|{application_id}")
            for part in SEALED
        }
        return {"name": self.name, "credit_code": self.credit_code, "bank_name": self.bank_name, **sealed}


def add_documents(
    session: Session, application_id: str, submission: int, documents: Sequence[Document]
) -> None:
    """Keep the metadata of one submission's files."""
    rows = [
        {
            "application_id": application_id,
            "submission": submission,
            "number": number,
            "kind": document.kind,
            "file_name_ct": vault().seal(
                document.file_name, _file_context(application_id, submission, number)
            ),
            "size_bytes": document.size_bytes,
            "sha256": document.sha256,
        }
        for number, document in enumerate(documents, 1)
    ]
    session.execute(insert(ApplicationDocument), rows)


def _file_context(application_id: str, submission: int, number: int) -> str:
    return f"application.file|{application_id}|{submission}|{number}"


def opened(found: MerchantApplication) -> dict[str, str]:
    """What is sealed in it, in the clear: for who applied and for who reviews."""
    texts = {
        part: vault().open(getattr(found, f"{part}_ct"), f"application.{part}|{found.id}") for part in SEALED
    }
    return {
        **texts,
        "bank_name": found.bank_name,
        "phone": vault().open(found.phone_ct, f"application.phone|{found.id}"),
    }


def documents(session: Session, found: MerchantApplication) -> list[dict[str, Any]]:
    """The documents of the present submission."""
    wanted = (
        select(ApplicationDocument)
        .where(
            ApplicationDocument.application_id == found.id,
            ApplicationDocument.submission == found.submission,
        )
        .order_by(ApplicationDocument.number)
    )
    return [
        {
            "kind": row.kind,
            "file_name": vault().open(row.file_name_ct, _file_context(found.id, row.submission, row.number)),
            "size_bytes": row.size_bytes,
            "sha256": row.sha256,
        }
        for row in session.scalars(wanted)
    ]
