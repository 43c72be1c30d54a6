"""What people judge of answers, where the operator keeps it.

judgement   a judgement, and what is accepted as one
kept        the file that keeps them
questions   judgements as questions with quotes, and back
calibrate   judgements as what a build refines its calibration with
"""
