"""The time zone of the law, by itself: whoever shows a moment need not load the calendar."""

from zoneinfo import ZoneInfo

LAW_ZONE = ZoneInfo("Asia/Shanghai")
