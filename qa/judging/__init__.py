"""What people judge of answers, where the operator keeps it.

judgement   a judgement, and what is accepted as one
lines       a file of entries, each on the disk before it is acknowledged
kept        the file that keeps judgements, and where it may lie
told        what people said of each question, over all their judgements
questions   judgements as questions with quotes, and back
unanswered  questions that the archive does not answer surely
calibrate   judgements as what a build refines its calibration with
"""
