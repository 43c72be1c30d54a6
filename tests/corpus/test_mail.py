"""Messages and archives of mail: who wrote what to whom and when, what is attached, what is quoted."""

from __future__ import annotations

import io
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.corpus.contents import Mark, Resumed, contents
from qa.corpus.formats.mail import messages_of
from qa.corpus.reading import Limits, Options, Skipped
from qa.records import Document, Published
from tests.corpus.makers import docx, pdf, word, zipped
from tests.corpus.test_structure import assert_lawful

LIND, OLSEN = "Anna Lind <anna@example.org>", "Bo Olsen <bo@example.org>"
_WATER = "The water is off on Friday from eight to noon, while the new valve is built in."


def message(
    text: str | None = _WATER, *, subject: str = "Water", sender: str = LIND, page: str = "",
    attached: dict[str, bytes] | None = None, **headers: str,
) -> EmailMessage:  # fmt: skip
    """Make a message as the standard library's newer interface does."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, OLSEN, subject
    made["Date"] = headers.pop("date", "Mon, 04 Mar 2019 10:22:01 +0100")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    if text is not None:
        made.set_content(text)
    if page and text is not None:
        made.add_alternative(page, subtype="html")
    elif page:
        made.set_content(page, subtype="html")
    for name, data in (attached or {}).items():
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


def mbox(*messages: EmailMessage | bytes) -> bytes:
    """Make an archive of messages, with the lines escaped that would begin another one."""
    found = b""
    for one in messages:
        body = (one if isinstance(one, bytes) else one.as_bytes()).replace(b"\r\n", b"\n")
        body = body.replace(b"\nFrom ", b"\n>From ")
        found += b"From a@example.org Mon Mar  4 10:22:01 2019\n" + body + b"\n\n"
    return found


def read(
    data: bytes | EmailMessage, name: str = "m.eml", options: Options | None = None,
    resumed: Resumed | None = None,
) -> tuple[list[Document], dict[str, str]]:  # fmt: skip
    """Return the documents in a file, and by source why others are none."""
    file = io.BytesIO(data if isinstance(data, bytes) else data.as_bytes())
    found = [*contents(name, file, options or Options(), resumed)]
    documents = [one for one in found if isinstance(one, Document)]
    for one in documents:
        assert_lawful(one.text, one.blocks)
    return documents, {one.source: one.reason for one in found if isinstance(one, Skipped)}


def said(document: Document) -> list[str]:
    """Return what may become a passage of a message, without its subject and the lines below it."""
    kept = [document.text[b.start : b.end] for b in document.blocks if b.kind != "furniture"]
    return [words for words in kept[1:] if not words.startswith("From: ")]


def test_a_message_has_its_headers_as_title_author_and_date() -> None:
    [document], skipped = read(message(archived_at="<https://lists.example.org/m/1>"))
    assert not skipped
    assert document.text == (
        "Water\n\nFrom: Anna Lind <anna@example.org>\nTo: Bo Olsen <bo@example.org>\n"
        f"Date: Mon, 04 Mar 2019 10:22:01 +0100\n\n{_WATER}"
    )
    assert (document.title, document.author) == ("Water", "Anna Lind")
    assert document.published == Published(
        "2019-03-04", "Mon, 04 Mar 2019 10:22:01 +0100", "header Date"
    )
    assert document.original_url == "https://lists.example.org/m/1"
    assert document.place_of(len(document.text) - 1) == "message"


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"=?utf-8?q?Water_off_on_Friday?=", "Water off on Friday"),
        (b"=?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?IMOpdMOp?=", "Grüße été"),
        (b"a long one\r\n that is folded", "a long one that is folded"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
        (b"=?nonsense?q?Water?=", "Water"),
        (b"=?utf-8?b?broken", "=?utf-8?b?broken"),
    ],
)
def test_a_subject_is_decoded(header: bytes, subject: str) -> None:
    [document], _ = read(b"From: a@example.org\r\nSubject: " + header + b"\r\n\r\nWords.\r\n")
    assert document.title == subject


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"", "Grüße".encode(), "Grüße"),
        (b"Content-Type: text/plain; charset=iso-8859-1\n", "Grüße".encode("latin-1"), "Grüße"),
        (b"Content-Type: text/plain; charset=koi8-r\n", "Колодец".encode("koi8-r"), "Колодец"),
        # What is said of the encoding is wrong, or no encoding.
        (b"Content-Type: text/plain; charset=us-ascii\n", "Grüße".encode(), "Grüße"),
        (b"Content-Type: text/plain; charset=zlib\n", b"Words", "Words"),
        (b"Content-Transfer-Encoding: base64\n", b"V29yZHMu\n", "Words."),
        (b"Content-Transfer-Encoding: quoted-printable\n", b"Wo=\nrds=2E", "Words."),
        (b"Content-Type: text/plain; format=flowed\n", b"One line \nthat goes on.\n", "One line that goes on."),
    ],
)  # fmt: skip
def test_a_body_is_decoded(head: bytes, body: bytes, text: str) -> None:
    [document], _ = read(b"From: a@example.org\nSubject: s\n" + head + b"\n" + body)
    assert document.text.endswith(f"\n\n{text}")


def test_of_two_forms_the_plain_one_is_read_unless_it_says_nothing() -> None:
    page = f"<html><body><p>{_WATER}</p><p>{_WATER.replace('Friday', 'Monday')}</p></body></html>"
    [plain], _ = read(message(_WATER, page=page))
    assert said(plain) == [_WATER]
    for text in (None, "See the page."):
        [shown], _ = read(message(text, page=page))
        assert said(shown) == [_WATER, _WATER.replace("Friday", "Monday")]
        assert "<p>" not in shown.text


def test_attachments_are_documents_of_their_own() -> None:
    inner = message("The inner words.", attached={"plan.txt": b"The plan of the valve."})
    made = message(
        attached={
            "report.pdf": pdf(["One.", "The report tells of valves."]),
            "notes.docx": docx(word("Notes of the meeting.")),
            "report.pdf ": b"%PDF- cut",
            "photo.jpg": b"\xff\xd8\xff",
            "all.zip": zipped({"a.txt": "Packed words."}),
            "../../evil.txt": b"Words.",
        }
    )
    made.add_attachment(inner)
    documents, skipped = read(made)
    texts = {one.source: one.text for one in documents}
    assert {*texts} == {
        "m.eml", "m.eml/report.pdf", "m.eml/notes.docx", "m.eml/all.zip/a.txt", "m.eml/_.._evil.txt",
        "m.eml/attachment.eml", "m.eml/attachment.eml/plan.txt",
    }  # fmt: skip
    assert texts["m.eml/attachment.eml"].endswith("The inner words.")
    assert documents[1].page_of(len(documents[1].text) - 1) == 2
    assert skipped["m.eml/photo.jpg"] == "no reader for .jpg"
    assert skipped["m.eml/report (2).pdf"].startswith("damaged")


def test_pictures_of_a_page_are_no_attachments() -> None:
    made = message("x", page="<p><img src='cid:logo'></p>")
    made.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")  # type: ignore[union-attr,index]  # the second part is a message
    documents, skipped = read(made)
    assert (len(documents), skipped) == (1, {})


def test_messages_within_messages_are_read_to_a_depth() -> None:
    made = message("Words of message 5.", subject="5")
    for n in range(4, 0, -1):
        outer = message(f"Words of message {n}.", subject=str(n))
        outer.add_attachment(made)
        made = outer
    documents, skipped = read(made)
    assert [document.title for document in documents] == ["1", "2", "3"]
    assert skipped == {
        "m.eml" + "/attachment.eml" * 3: "attached to a message within two others: not read"
    }


def test_an_archive_of_mail_is_read_message_by_message() -> None:
    text = "From here on the road is shut.\nFrom Mon Mar  4 10:22:01 2019 it is open."
    data = mbox(message(subject="One"), message(text, subject="Two", attached={"a.txt": b"Plan."}))
    documents, skipped = read(data, "m.mbox")
    assert not skipped
    assert [(d.source, d.title, d.place_of(0)) for d in documents] == [
        ("m.mbox#message=1", "One", "message 1"),
        ("m.mbox#message=2", "Two", "message 2"),
        ("m.mbox#message=2/a.txt", None, None),
    ]
    assert documents[1].text.endswith(text)


def test_an_archive_of_mail_is_told_by_its_beginning() -> None:
    documents, _ = read(mbox(message()), "Inbox")
    assert [document.source for document in documents] == ["Inbox#message=1"]
    documents, _ = read(message(message_id="<1@x>"), "1551691321.M1P2.host")
    assert [document.title for document in documents] == ["Water"]


def test_a_message_that_cannot_be_read_costs_itself_alone() -> None:
    large = message("x" * 5000)
    deep = b"From: a@example.org\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000)
    )
    data = mbox(message(subject="One"), large, deep, b"no header at all", message(subject="Five"))
    options = Options(Limits(file_bytes=2_000_000))
    documents, skipped = read(data, "m.mbox", options)
    assert [document.title for document in documents] == ["One", "Water", "Five"]
    assert skipped == {
        "m.mbox#message=3": "what is in it is nested too deeply",
        "m.mbox#message=4": "damaged: no message is in it",
    }
    documents, skipped = read(data, "m.mbox", Options(Limits(file_bytes=3000)))
    assert skipped["m.mbox#message=2"] == "larger than 3,000 bytes (setting max_file_bytes)"
    assert [document.title for document in documents] == ["One", "Five"]


def test_what_is_no_archive_of_mail_is_refused() -> None:
    assert read(b"words", "m.mbox")[1] == {"m.mbox": "damaged: it does not begin with a message"}
    assert read(b"words", "m.eml")[1] == {"m.eml": "damaged: no message is in it"}


def test_reading_goes_on_behind_what_took_the_reader_down() -> None:
    two = message(subject="Two", attached={"a.txt": b"A.", "b.txt": b"B.", "c.txt": b"C."})
    data = mbox(message(subject="One"), two, message(subject="Three"))
    items = [*contents("m.mbox", io.BytesIO(data), Options())]
    marks = {one.source: one.number for one in items if isinstance(one, Mark)}
    at = marks["m.mbox#message=2/b.txt"]
    documents, _ = read(data, "m.mbox", resumed=Resumed(at, {at}))
    assert [d.source for d in documents] == ["m.mbox#message=2/c.txt", "m.mbox#message=3"]
    at = marks["m.mbox#message=2"]
    documents, _ = read(data, "m.mbox", resumed=Resumed(at, {at}))
    assert [d.title for d in documents] == ["Three"]
    first = next(
        one
        for one in contents("m.eml", io.BytesIO(two.as_bytes()), Options())
        if isinstance(one, Mark)
    )
    documents, _ = read(two, resumed=Resumed(first.number, {first.number}))
    assert [d.source for d in documents] == ["m.eml/b.txt", "m.eml/c.txt"]


# --- what is quoted ------------------------------------------------------------------------------

_OWN = "Thank you, I shall fill the kettle before."


@pytest.mark.parametrize(
    "reply",
    [
        f"{_OWN}\n\nOn Mon, 4 Mar 2019, Anna wrote:\n> {_WATER}\n",
        f"On Mon, 4 Mar 2019, Anna wrote:\n> {_WATER[:31]}\n>{_WATER[31:]}\n\n{_OWN}\n",
        f"{_OWN}\n\n-----Original Message-----\n\n{_WATER}\n",
        f"> {_WATER}\n{_OWN}\n",
    ],
)
def test_a_quotation_is_left_out_where_its_message_is_there(reply: str) -> None:
    first = message(message_id="<1@example.org>")
    second = message(reply, sender=OLSEN, in_reply_to="<1@example.org>")
    documents, _ = read(mbox(first, second), "m.mbox")
    assert _WATER in said(documents[0])
    kept = "\n".join(said(documents[1]))
    assert _OWN in kept
    assert "valve" not in kept
    # It stands in the text all the same.
    assert "valve" in documents[1].text


def test_a_quotation_of_a_page_is_left_out_where_its_message_is_there() -> None:
    first = message(message_id="<1@example.org>")
    page = f"<html><body><div>{_OWN}</div><blockquote type='cite'><p>{_WATER}</p></blockquote></body></html>"
    second = message(None, page=page, sender=OLSEN, references="<0@example.org> <1@example.org>")
    documents, _ = read(mbox(first, second), "m.mbox")
    assert said(documents[1]) == [_OWN]


@pytest.mark.parametrize(
    "data",
    [
        # Not there; not named; said otherwise; a message of its own.
        mbox(message(f"{_OWN}\n\n> {_WATER}\n", in_reply_to="<1@example.org>")),
        mbox(message(message_id="<1@example.org>"), message(f"{_OWN}\n\n> {_WATER}\n")),
        mbox(
            message(_WATER.replace("Friday", "Monday"), message_id="<1@example.org>"),
            message(f"{_OWN}\n\n> {_WATER}\n", in_reply_to="<1@example.org>"),
        ),
        message(f"{_OWN}\n\n> {_WATER}\n", in_reply_to="<1@example.org>").as_bytes(),
    ],
)
def test_any_other_quotation_is_kept(data: bytes) -> None:
    documents, _ = read(data, "m.mbox" if data.startswith(b"From ") else "m.eml")
    assert said(documents[-1]) == [_OWN, f"> {_WATER}"]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_messages_are_told_apart_whatever_they_hold(bodies: list[bytes]) -> None:
    cleaned = [body.replace(b"\r", b"").replace(b"From ", b"from ") for body in bodies]
    data = b"".join(b"From a Mon Mar  4 10:22:01 2019\n" + body + b"\n\n" for body in cleaned)
    if cleaned:
        assert [*messages_of(io.BytesIO(data), 10_000)] == [body + b"\n\n" for body in cleaned]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"From: a@example.org\n", b"Subject: x\n", b"\n", b"> q\n", b"words\n", b"--b\n", b"--b--\n",
             b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: text/html\n",
             b"Content-Type: message/rfc822\n", b"Content-Transfer-Encoding: base64\n", b"\xff\xfe\n",
             b"Content-Disposition: attachment; filename*0*=utf-8''%ff\n", b"<p>x<table>\n",
             b"Content-Type: text/plain; charset=\xff\n", b"Date: 99\n", b"=?utf-8?b?/w==?=\n"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_whatever_a_message_holds_it_is_read_or_accounted_for(pieces: list[bytes]) -> None:
    documents, skipped = read(b"X: y\n" + b"".join(pieces))
    assert documents or skipped
    assert not [why for why in skipped.values() if "reader failed" in why]
