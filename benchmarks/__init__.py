"""Measurements of this program: word error rate, time outside recognition, memory."""
