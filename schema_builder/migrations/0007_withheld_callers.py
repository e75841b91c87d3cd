"""More of what channels send for contacts without an identity.

Values that differ in case or punctuation alone from those of 0002 are left out: a supervisor may
have deleted those on purpose.
"""

from django.db import migrations, models

from foundation.public_ids import new_public_id

ADDRESSES = ["anonymous.invalid", "anonymous@anonymous.invalid", "unavailable@unknown.invalid"]
# ANONYMOUS, UNKNOWN, PRIVATE, BLOCKED, WITHHELD, RESTRICTED, UNAVAILABLE, UNLISTED, UNPUBLISHED,
# OUT OF AREA, PRIVATE NUMBER, PRIVATE CALLER and UNKNOWN CALLER on a keypad; no valid numbers.
KEYPAD = [
    "+266696687", "+8656696", "+7748283", "+2562533", "+94844353", "+7378742833", "+86282452253",
    "+86547833", "+86782547433", "+688632732", "+7748283686237", "+7748283225537",
    "+8656696225537",
]  # fmt: skip
NOTHINGS = [
    "#DIV/0!", "#NAME?", "#REF!", "#VALUE!", "blank", "DBNull", "empty", "missing", "NaN",
    "no data", "no value", "none none", "not applicable", "not defined", "not found", "not given",
    "(not set)", "nothing", "null null", "[object Null]", "[object Object]", "[object Undefined]",
    "System.DBNull", "undefined undefined", "unset",
]  # fmt: skip
VISITORS = ["anonymous user", "anonymous visitor", "guest", "guest user", "unknown user"]
# By language, for the countries of the demo.
WORDS = {
    "en": "anonymous call, anonymous caller, blocked, blocked call, blocked caller, blocked number, "
    "caller ID blocked, caller ID unavailable, caller ID withheld, caller withheld, coin phone, "
    "hidden, hidden number, ID withheld, no caller ID, no ID, no number, number unavailable, "
    "number withheld, not provided, out of area, payphone, private call, private caller, "
    "private number, restricted call, restricted number, unidentified, unidentified caller, "
    "unknown call, unknown caller, unknown name, unknown number, unlisted, unlisted number, "
    "unpublished, withheld number",
    "fr": "anonyme, appel anonyme, appel inconnu, appel masqué, appelant inconnu, inconnu, masqué, "
    "numéro inconnu, numéro masqué, numéro non disponible, numéro privé, privé",
    "de": "anonym, anonymer Anrufer, keine Nummer, Nummer unterdrückt, private Nummer, "
    "Rufnummer unterdrückt, unbekannt, unbekannte Nummer, unbekannter Anrufer, "
    "unbekannter Teilnehmer, unterdrückt, unterdrückte Nummer, unterdrückte Rufnummer",
    "es": "anónimo, desconocido, llamada anónima, llamada desconocida, llamada oculta, "
    "no disponible, número desconocido, número oculto, número privado, oculto, privado, "
    "restringido, sin identificar, sin número",
    "pt": "chamada anônima, confidencial, desconhecido, não identificado, "
    "número confidencial, número desconhecido, número não identificado, "
    "número restrito, restrito, sem identificação",
    "pl": "anonimowy, nieznany, nieznany numer, numer nieznany, numer prywatny, numer ukryty, "
    "numer zastrzeżony, prywatny, ukryty, zastrzeżony",
    "tr": "anonim, arayan bilinmiyor, bilinmeyen, bilinmeyen numara, bilinmiyor, gizli, "
    "gizli numara, numara gizli, numara yok, özel numara",
    "sv": "dolt nummer, hemligt nummer, okänd, okänd uppringare, okänt nummer, privat nummer, "
    "skyddat nummer",
    "vi": "ẩn danh, không rõ, không xác định, người gọi ẩn danh, số ẩn, số không xác định, số riêng",
    "ar": "غير معروف, مجهول, متصل مجهول, محجوب, خاص, رقم خاص, رقم غير معروف, رقم مجهول, رقم محجوب",
    "ur": "گمنام, نامعلوم, نامعلوم نمبر, نجی نمبر, پوشیدہ نمبر",
    "fa": "ناشناس, شماره ناشناس, شماره خصوصی, شماره مخفی, مخفی, نامشخص",
    "he": "אנונימי, חסוי, לא ידוע, מספר חסוי, מספר לא ידוע, מספר פרטי, פרטי, שיחה חסויה",
    "el": "ανώνυμη κλήση, ανώνυμος, άγνωστος, άγνωστος αριθμός, απόκρυψη, απόκρυψη αριθμού, "
    "απόρρητος αριθμός, ιδιωτικός αριθμός",
    "ru": "аноним, анонимный, неизвестно, неизвестный, неизвестный абонент, неизвестный номер, "
    "номер не определён, номер скрыт, скрыт, скрытый, скрытый номер, частный номер",
    "uk": "анонім, анонімний, невідомий, невідомий номер, невідомо, номер приховано, "
    "приватний номер, прихований, прихований номер",
    "hi": "अज्ञात, अज्ञात नंबर, अनाम, गुप्त नंबर, निजी नंबर",
    "ta": "அநாமதேய, அறியப்படாத எண், தனிப்பட்ட எண், தெரியாத எண்",
    "bn": "অজানা, অজানা নম্বর, গোপন নম্বর, বেনামী, ব্যক্তিগত নম্বর",
    "th": "ไม่ทราบ, ไม่ทราบหมายเลข, ไม่ระบุชื่อ, ไม่แสดงหมายเลข, เบอร์ส่วนตัว, หมายเลขส่วนตัว",
    "am": "ስም የለሽ, ያልታወቀ, ያልታወቀ ቁጥር, የግል ቁጥር",
    "hy": "անանուն, անհայտ, անհայտ համար, գաղտնի համար",
    "ka": "ანონიმური, დაფარული ნომერი, უცნობი, უცნობი ნომერი, ფარული ნომერი",
    "zh": "匿名, 未知, 未知号码, 未知號碼, 未知来电, 未知來電, 私人号码, 私人號碼, 隐藏号码, 隱藏號碼, "
    "无来电显示, 無來電顯示, 无号码",
    "ja": "非通知, 非通知設定, 番号非通知, 不明, 表示圏外, 通知不可能, 公衆電話",
    "ko": "발신번호 없음, 발신번호표시제한, 발신자 불명, 발신자 표시 제한, 비공개, 알 수 없음, 익명",
}


def add(apps, schema_editor):
    IgnoredIdentifier = apps.get_model("schema_builder", "IgnoredIdentifier")
    SchemaRevision = apps.get_model("schema_builder", "SchemaRevision")
    words = [word for line in WORDS.values() for word in line.split(", ")]
    values = [*ADDRESSES, *KEYPAD, *NOTHINGS, *VISITORS, *words]
    IgnoredIdentifier.objects.bulk_create(
        [IgnoredIdentifier(value=value) for value in values], ignore_conflicts=True
    )
    # Processes that run already hold the list in memory.
    SchemaRevision.objects.filter(pk=1).update(token=new_public_id())


class Migration(migrations.Migration):
    dependencies = [("schema_builder", "0006_contacts_without_identity")]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        # Changes no table.
        migrations.AlterField(
            model_name="ignoredidentifier",
            name="value",
            field=models.CharField(
                help_text="Letter case, accents, punctuation and spaces are ignored.",
                max_length=100,
                unique=True,
            ),
        ),
    ]
