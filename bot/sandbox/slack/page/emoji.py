"""Emoji shortcodes as characters: the common ones. docs.slack.dev takes its names from iamcal/emoji-data."""

from typing import Final

EMOJI: Final[dict[str, str]] = {
    "+1": "👍", "-1": "👎", "thumbsup": "👍", "thumbsdown": "👎", "ok_hand": "👌", "wave": "👋", "clap": "👏",
    "raised_hands": "🙌", "pray": "🙏", "point_right": "👉", "point_down": "👇", "point_up_2": "👆", "muscle": "💪",
    "eyes": "👀", "smile": "😄", "slightly_smiling_face": "🙂", "thinking_face": "🤔", "sob": "😭", "joy": "😂",
    "fire": "🔥", "boom": "💥", "zap": "⚡", "bug": "🐛", "rocket": "🚀", "tada": "🎉", "star": "⭐", "sparkles": "✨",
    "warning": "⚠️", "rotating_light": "🚨", "no_entry": "⛔", "no_entry_sign": "🚫", "octagonal_sign": "🛑",
    "stop_sign": "🛑", "x": "❌", "heavy_check_mark": "✔️", "white_check_mark": "✅", "ballot_box_with_check": "☑️",
    "question": "❓", "grey_question": "❔", "exclamation": "❗", "bangbang": "‼️", "information_source": "\N{INFORMATION SOURCE}\ufe0f",
    "red_circle": "🔴", "large_orange_circle": "🟠", "large_yellow_circle": "🟡", "large_green_circle": "🟢",
    "large_blue_circle": "🔵", "large_purple_circle": "🟣", "white_circle": "⚪", "black_circle": "⚫",
    "large_red_square": "🟥", "large_green_square": "🟩", "large_yellow_square": "🟨", "white_large_square": "⬜",
    "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️", "alarm_clock": "⏰", "clock1": "🕐",
    "repeat": "🔁", "arrows_counterclockwise": "🔄", "rewind": "⏪", "fast_forward": "⏩", "leftwards_arrow_with_hook":
    "↩️", "arrow_right_hook": "↪️", "arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️",
    "arrow_forward": "▶️", "black_square_for_stop": "⏹️", "double_vertical_bar": "⏸️", "pause_button": "⏸️",
    "link": "🔗", "lock": "🔒", "unlock": "🔓", "key": "🔑", "mag": "🔍", "mag_right": "🔎", "bulb": "💡", "book": "📖",
    "books": "📚", "memo": "📝", "pencil": "📝", "pencil2": "✏️", "clipboard": "📋", "page_facing_up": "📄",
    "file_folder": "📁", "package": "📦", "wrench": "🔧", "hammer": "🔨", "hammer_and_wrench": "🛠️", "gear": "⚙️",
    "shield": "🛡️", "bell": "🔔", "no_bell": "🔕", "loudspeaker": "📢", "mega": "📣", "speech_balloon": "💬",
    "thread": "🧵", "robot_face": "🤖", "computer": "💻", "desktop_computer": "🖥️", "floppy_disk": "💾",
    "satellite": "📡",
    "bar_chart": "📊", "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "calendar": "📆", "date":
    "📅", "pushpin": "📌", "round_pushpin": "📍", "label": "🏷️", "bookmark": "🔖", "recycle": "♻️",
    "globe_with_meridians": "🌐", "earth_africa": "🌍", "cloud": "☁️", "snowflake": "❄️", "sunny": "☀️", "umbrella": "☔", "coffee": "☕",
    "beers": "🍻", "cake": "🍰", "100": "💯", "heart": "❤️", "broken_heart": "💔", "skull": "💀", "ghost": "👻",
    "see_no_evil": "🙈", "bust_in_silhouette": "👤", "busts_in_silhouette": "👥", "whale": "🐳", "octopus": "🐙",
    "ship": "🚢", "anchor": "⚓", "construction": "🚧", "traffic_light": "🚥", "vertical_traffic_light": "🚦",
    "ambulance": "🚑", "fire_engine": "🚒", "checkered_flag": "🏁", "triangular_flag_on_post": "🚩",
}  # fmt: skip
