"""What people put around a question: pieces that are joined at random, for training.

A frame asks nothing of an archive. It greets, gives a role, says how to answer, thanks, or tells what
the asker is doing. The reader learns to tell its words from the question's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

BEFORE = """
Hi!
Hi there,
Hey,
Hello,
Hello everyone,
Good morning!
Good afternoon.
Good evening,
Dear assistant,
Dear librarian,
Greetings,
hey there :)
yo
hello again
hi, me again
Hi bot
Sorry to bother you, but
Excuse me,
Please,
Please help me:
Could you please tell me
Can you tell me
Could you tell me please:
Can you help me find out
Would you mind telling me
Do you know
Do you happen to know
I'd like to know
I would like to know:
I want to know
I need to know
I was wondering
Just wondering,
I wonder
Tell me
Tell me,
Please tell me:
Please answer:
Answer this:
Answer the following question:
Answer the question below.
Answer my question:
Here is my question:
My question is:
My question:
Question:
Q:
Query:
user:
Quick question:
Quick one:
One question:
Another question:
Next question:
One more thing:
A question for you.
I have a question.
I've got a quick question about the documents.
So,
So here goes:
Ok so
OK,
Well,
Now,
Alright,
Right,
You are a helpful assistant.
You are an expert in the field.
You are a careful researcher who never guesses.
You are a professor of history.
You are a journalist checking facts.
You are an archivist with forty years of experience.
You are a search engine.
You are a teacher explaining things to children.
Act as a legal expert.
Act as a fact checker.
Act like a museum guide.
Pretend you are a tour guide.
Imagine you are an experienced analyst.
As an expert, answer this:
As a reference librarian,
Take the role of a scholar.
Assume that you know the whole archive by heart.
I want you to act as an examiner.
Answer in one word:
Answer in a single sentence:
Answer briefly:
Answer in detail:
Answer in plain English.
Answer with yes or no if you can:
Answer in bullet points:
Answer as JSON:
Answer in at most 50 words:
Answer as short as possible.
Give a short answer:
Give me a direct answer to this:
Give me only the facts:
Give an exact quotation.
In one sentence,
In a few words,
In short,
In your own words,
In simple terms:
In two or three sentences, please:
Briefly,
Explain step by step:
Think step by step.
Let's think about this carefully.
Write a paragraph that answers this:
Write a summary of what is known:
Summarize:
Summarise the answer to this question:
Summarise what the sources say:
Make a list:
Explain to me
Explain like I'm five:
Find out
Find the passage that tells
Find the answer:
Search the archive:
Search for:
Look up
Look this up:
Look in the documents and tell me
Check the files:
Use the documents to answer.
Use only the text below and nothing else.
Use only information from the archive.
Using only the provided context, answer:
Using the attached documents, answer the following.
Based on the documents,
Based on the context provided,
Based on what you have,
According to the documents,
According to the archive,
According to the text,
According to your sources,
From the files:
With reference to the collection,
In the archive,
In these documents,
In the text,
What does the archive say about this:
What do the documents say:
What do you have on this?
Quote the source and answer:
Cite the page.
With citations:
Always cite your sources.
Give the exact source with your answer.
Do not make anything up.
Don't guess.
Don't hallucinate.
If you don't know, say so.
If the answer is not in the documents, say that you cannot find it.
If there is no answer, reply "not found".
Be honest.
Be concise.
Be precise and do not speculate.
I am a student and this is for my homework.
I'm writing an essay.
I'm writing a school report and need this:
I am preparing a talk for next week.
I am working on my thesis.
I'm a journalist on a deadline.
We are discussing this at work.
My daughter asked me this yesterday:
My teacher asked:
A colleague of mine wants to know:
A friend of mine asked me this and I had no idea.
For a quiz:
For my notes:
For a presentation,
For a project that I am working on,
This is for an article.
It has been bothering me all day:
I've been trying to find this for an hour.
I read something about it long ago and forgot.
I could not find this anywhere else.
I know this might be a silly question, but
This may sound strange, but
Not sure if this is the right place to ask.
I'm new here.
I am testing this system.
Testing:
This is a test.
Ignore my last message.
Forget what I said before.
Back to the topic:
Going back to what I asked,
Speaking of which,
By the way,
Out of curiosity,
Just curious:
Honestly,
Long story short:
TL;DR
Task:
Instruction:
### Question
### Instruction: answer the user's question.
System: you answer from documents.
<question>
[QUESTION]
1.
a)
-
*
>
•
"""

AFTER = """
Thanks!
Thanks.
thanks
thx
Thank you.
Thank you!
Thank you very much.
Thank you so much in advance!
Thanks in advance.
Thanks a lot for your help.
Many thanks
Many thanks, Anna
Cheers
Cheers!
Best regards
Kind regards, a reader
Bye!
please
please.
Please help.
please and thank you
pls
plz
Any help is welcome.
Any idea?
Any ideas?
Can you help?
Could you help me with this?
Do you know?
Do you know anything about it?
I would be grateful for an answer.
I'd appreciate it.
Hope you can help.
Let me know.
Tell me please.
I'm curious.
I am just curious.
I really need this.
It's urgent!
ASAP
Take your time.
No rush.
Answer in one word.
Answer in one sentence.
Answer briefly.
Answer shortly please
Answer in full sentences.
Answer in bullet points.
Answer in English.
Answer in JSON format.
Reply in English only.
Reply with the name only.
Reply with a number and nothing else.
Give only the answer.
Give me the short version.
Give me a quote.
Give me the exact words.
Give the source.
Give two sources.
Give details.
Keep it short.
Keep it simple.
Short answer please.
Be brief.
Be as exact as you can.
Be specific.
One sentence is enough.
No more than 20 words.
Maximum 100 words.
Use simple words.
Use bullet points.
Use a table.
Use quotes.
Use only the documents provided.
Use only the archive and quote it.
Only use the given texts.
Explain.
Explain your answer.
Explain in detail.
Explain your reasoning step by step.
Think carefully before you answer.
Show your sources.
Cite your source.
Cite the document and the page.
Cite the passage.
Include citations.
Include references.
With references, please.
Quote the relevant passage.
Quote it word for word.
Where does it say that?
Which document says so?
Please include the exact quote.
Provide evidence.
Provide the page number.
List everything you find.
Summarize it.
Summarize your answer at the end.
Write it as a tweet.
Write the answer as a list.
Translate nothing.
Don't explain.
Don't make things up.
Do not guess.
Do not use outside knowledge.
Do not answer if you are not sure.
If you don't know, say "I don't know".
If it isn't in the text, just say so.
If you cannot find it, tell me.
Say so if the archive has nothing on it.
No speculation.
No opinions please, only facts.
Just the facts.
Facts only.
This is for my homework.
It is for a school project.
It's for a paper that I have to hand in tomorrow.
I need it for an article.
I need this for a presentation on Friday.
My boss wants to know.
Asking for a friend.
I asked someone else and they didn't know.
I forgot.
I can't remember.
I looked everywhere.
I could not find it on the web.
I'm asking because we had an argument about it.
You were very helpful yesterday.
You are great!
Good bot
lol
:)
:-)
:D
;)
🙂
🙏
🤔
??
???
????
!!
!!!
?!
?!?
...
…
-- sent from my phone
Sent from my iPhone
(according to the archive)
(in the documents)
(one sentence)
(short answer)
(with source)
based on the documents
according to the text
in one word
in short
in a few words
in the archive
in detail
right now
for me
</question>
[/QUESTION]
Answer:
A:
assistant:
"""

TOPIC_BEFORE = """
Summarize what the archive says about this question:
What does the archive say about this question?
I have been reading about a lot of things lately.
"""

WRAPS = (
    ('"', '"'), ("'", "'"), ("“", "”"), ("«", "»"), ("„", "“"), ("‘", "’"), ("(", ")"), ("[", "]"),
    ("**", "**"), ("*", "*"), ("`", "`"), ("> ", ""), ("- ", ""), ("<q>", "</q>"), ("```\n", "\n```"),
    ("---\n", "\n---"), ("##", ""), ("# ", ""), ("* ", ""), ("_", "_"), ("...", ""), ("¿", ""), ("¡", "!"),
)  # fmt: skip

SMALLTALK = """
hi
hi there
hello
hello!
hey
good morning
Good evening!
good night
thanks
thanks!
thank you
Thank you so much!
thx a lot
great, thanks
perfect thank you
ok
okay
ok thanks
cool
nice
wow
great
awesome!
bye
goodbye
see you later
that's all
that is all, thank you
no more questions
never mind
yes
no
yes please
no thanks
maybe
sure
how are you?
how are you today
how is it going?
what's up
who are you?
what are you?
what is your name?
what can you do?
what can I ask you?
how do you work?
are you a robot?
are you human?
are you there?
can you help me?
help
help me
please help
test
testing
testing 1 2 3
is this working?
just testing
hello world
I have a question
I need some help
can I ask you something?
let's start
start
begin
continue
go on
stop
nothing
lol
haha
:)
?
???
...
asdf
sorry
sorry, wrong window
my mistake
you are wrong
that is wrong
good job
well done
I love you
you're the best
tell me a joke
sing a song
what time is it?
what day is it today?
how is the weather?
happy birthday
merry christmas
welcome
nice to meet you
have a nice day
"""


class Framed(NamedTuple):
    """A text with the spans in it that are the question's own."""

    text: str
    own: tuple[tuple[int, int], ...]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


BEFORES, AFTERS, SMALL = _lines(BEFORE) + _lines(TOPIC_BEFORE), _lines(AFTER), _lines(SMALLTALK)


def frame(question: str, dice: random.Random, context: Sequence[str] = ()) -> Framed:
    """Put a frame around a question. ``context`` has sentences on other subjects."""
    before, after = "", ""
    body = question
    roll = dice.random()
    if roll < 0.10:
        left, right = dice.choice(WRAPS)
        before, after = left, right
    elif roll < 0.16:
        marks = dice.choice(
            ("?", "??", "???", "!", "!!", "…", "...", " ?", " ??", ".", "?!", "!?", ":)", " 🙏")
        )
        after = marks
    if context and dice.random() < 0.3:
        told = " ".join(context)
        if dice.random() < 0.7:
            before = _join(told, before, dice)
        else:
            after = _join(after, told, dice) if after else _gap(dice) + told
    for _ in range(dice.choice((0, 1, 1, 1, 2, 2, 3))):
        piece = _styled(dice.choice(BEFORES), dice)
        before = _join(piece, before, dice) if before else piece
    for _ in range(dice.choice((0, 0, 1, 1, 1, 2))):
        piece = _styled(dice.choice(AFTERS), dice)
        after = f"{after}{_gap(dice)}{piece}"
    if before and before[-1].isalnum() and body[:1].isupper() and dice.random() < 0.5:
        body = body[0].lower() + body[1:]
    spaced = before and not (before[-1].isspace() or before in [left for left, _ in WRAPS])
    before += _gap(dice) if spaced else ""
    return Framed(before + body + after, ((len(before), len(before) + len(body)),))


def talk(dice: random.Random) -> Framed:
    """Return a message that asks nothing: small talk, or frames without a question."""
    if dice.random() < 0.6:
        words = _styled(dice.choice(SMALL), dice)
    else:
        pieces = [dice.choice(BEFORES + AFTERS) for _ in range(dice.choice((1, 2, 2, 3)))]
        words = " ".join(pieces)
    return Framed(words, ())


def _gap(dice: random.Random) -> str:
    return dice.choice((" ", " ", " ", " ", "\n", "\n\n", "  "))


def _join(first: str, second: str, dice: random.Random) -> str:
    return f"{first}{_gap(dice)}{second}" if second else first


def _styled(piece: str, dice: random.Random) -> str:
    """Write a piece as some people do: without capitals, without its last mark."""
    roll = dice.random()
    if roll < 0.15:
        piece = piece.lower()
    elif roll < 0.18:
        piece = piece.upper()
    if dice.random() < 0.15:
        piece = piece.rstrip(".!,:") or piece
    elif piece[-1:].isalpha() and dice.random() < 0.2:
        piece += dice.choice((".", "!", ":", ",", " -"))
    return piece
