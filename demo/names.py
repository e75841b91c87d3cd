# ruff: noqa: RUF001 - names come in every script
"""Names, cities and mobile prefixes by country, in the scripts that people write there."""

from .locales import Locale

_AREAS = "1206 1312 1415 1617 1713"
_US_PREFIXES = " ".join(f"{area}{digit}" for area in _AREAS.split() for digit in "2346789")

LATIN = (
    Locale(
        "GB",
        "44740 44741 44742 44743 44744 44771 44772 44780 44781 44790",
        7,
        "London, Manchester, Birmingham, Leeds, Glasgow, Cardiff, Belfast",
        "Olivia George Isla Harry Ava Noah Freya Arthur Florence Leo Charlotte Theo",
        "Smith Jones Taylor Brown Wilson Evans Walker Wright Hughes O’Connor Clarke Lloyd",
    ),
    Locale(
        "US",
        _US_PREFIXES,
        6,
        "Seattle, Chicago, San Francisco, Boston, Houston",
        "Emma Liam Sophia Mason Mia Ethan Abigail Jacob Madison Logan Hannah Tyler",
        "Johnson Williams Davis Miller Garcia Anderson Thomas Martin Nguyen Washington Reed",
    ),
    Locale(
        "FR",
        "3361 3362 3366 3367 3368",
        7,
        "Paris, Lyon, Marseille, Besançon, Nîmes",
        "Zoë Chloé Léa Inès Éloïse Noémie Hervé André François Théo Jérôme Loïc",
        "Lefèvre Bélanger Dupré Gauthier Noël Château Moreau Garnier Béranger Hébert",
    ),
    Locale(
        "DE",
        "491511 491512 491514 491515 491516 491520 491522 491523",
        7,
        "Berlin, München, Köln, Düsseldorf, Lübeck",
        "Jürgen Björn Käthe Lukas Finn Mia Sören Anke Götz Ursula Jörg Heike",
        "Müller Schröder Weiß Größ Krüger Köhler Jäger Vogt Böhm Strauß Lange",
    ),
    Locale(
        "ES",
        "346",
        8,
        "Madrid, Sevilla, Málaga, Cádiz, A Coruña",
        "José María Lucía Íñigo Begoña Andrés Sofía Martín Inés Raúl Núria Álvaro",
        "García Muñoz Fernández López Peña Núñez Ibáñez Gómez Domínguez Español",
    ),
    Locale(
        "BR",
        "551198 551197 551196 552198 552197",
        7,
        "São Paulo, Rio de Janeiro, Brasília, Florianópolis",
        "João Antônio Conceição Luís Mônica Sérgio Júlia Vinícius Letícia Caio",
        "Gonçalves Araújo Simões Magalhães Conceição Moraes Brandão Queirós",
    ),
    Locale(
        "PL",
        "486",
        8,
        "Warszawa, Łódź, Kraków, Gdańsk, Wrocław",
        "Łukasz Małgorzata Michał Agnieszka Paweł Zofia Stanisław Żaneta Grażyna",
        "Wiśniewski Dąbrowski Kamiński Zając Król Wróbel Jabłoński Pająk Sikora",
    ),
    Locale(
        "TR",
        "9053 9054",
        8,
        "İstanbul, İzmir, Ankara, Eskişehir, Muğla",
        "Ayşe Çağla Gökhan Işıl Ömer Şebnem Emre Tuğçe Barış Özlem Yiğit",
        "Yılmaz Öztürk Çelik Şahin Yıldız Güneş Doğan Kılıç Aydın Erdoğdu",
    ),
    Locale(
        "SE",
        "4670 4672 4673 4676",
        7,
        "Stockholm, Göteborg, Malmö, Örebro",
        "Åsa Örjan Göran Märta Sven Linnéa Björn Ingrid Håkan Elsa",
        "Åkesson Öberg Sjöström Lindqvist Hägglund Ström Nyström Björklund",
    ),
    Locale(
        "VN",
        "8490 8491 8496 8497 8498",
        7,
        "Hà Nội, Đà Nẵng, Huế, Cần Thơ",
        "Linh Đức Hương Tuấn Thảo Dũng Ngọc Việt Hạnh Phúc",
        "Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Bùi Đỗ",
        "{family} {given}",
    ),
    Locale(
        "NG",
        "234803 234805 234806 234813",
        7,
        "Lagos, Abuja, Kano, Ìbàdàn",
        "Chinedu Ngozi Olúwaṣeun Amaka Ìfẹ́olúwa Bọ́lá Musa Zainab Tunde Adaeze",
        "Okafor Adéyẹmí Bello Nwosu Ọlátúnjí Eze Abubakar Balogun",
    ),
)

ARABIC_AND_HEBREW = (
    Locale(
        "SA",
        "96650 96653 96654 96655 96656 96659",
        7,
        "الرياض, جدة, الدمام, المدينة المنورة",
        "محمد:Mohammed فاطمة:Fatima عبدالله:Abdullah نورة:Noura خالد:Khalid ريم:Reem سلطان:Sultan هدى:Huda",
        "العتيبي:Alotaibi القحطاني:Alqahtani الحربي:Alharbi الشمري:Alshammari الزهراني:Alzahrani الدوسري:Aldosari",
    ),
    Locale(
        "EG",
        "2010",
        8,
        "القاهرة, الإسكندرية, الجيزة, أسوان",
        "أحمد:Ahmed مريم:Mariam يوسف:Youssef ياسمين:Yasmin عمر:Omar سارة:Sara كريم:Karim ليلى:Layla",
        "حسن:Hassan إبراهيم:Ibrahim السيد:Elsayed منصور:Mansour عثمان:Osman الشاذلي:Elshazly",
    ),
    Locale(
        "PK",
        "9231",
        8,
        "کراچی, لاہور, اسلام آباد, پشاور, کوئٹہ",
        "عائشہ:Ayesha بلال:Bilal حنا:Hina فیصل:Faisal زینب:Zainab عمران:Imran ثناء:Sana کامران:Kamran",
        "خان:Khan صدیقی:Siddiqui قریشی:Qureshi چوہدری:Chaudhry بھٹی:Bhatti ملک:Malik شیخ:Sheikh مرزا:Mirza",
    ),
    Locale(
        "PK",
        "92321 92322 92332 92333 92334",
        7,
        "Karachi, Lahore, Islamabad, Peshawar, Multan",
        "Ayesha Bilal Hina Faisal Zainab Imran Sana Kamran Nadia Usman",
        "Khan Siddiqui Qureshi Chaudhry Bhatti Malik Sheikh Mirza Butt",
    ),
    Locale(
        "IR",
        "9891 9893",
        8,
        "تهران, اصفهان, شیراز, تبریز",
        "علی:Ali زهرا:Zahra رضا:Reza شیرین:Shirin کیان:Kian پریسا:Parisa آرش:Arash نگار:Negar",
        "احمدی:Ahmadi رضایی:Rezaei کریمی:Karimi موسوی:Mousavi جعفری:Jafari قاسمی:Ghasemi",
    ),
    Locale(
        "IL",
        "97253",
        7,
        "תל אביב, ירושלים, חיפה, באר שבע",
        "יעל:Yael דוד:David נועה:Noa אורי:Uri תמר:Tamar איתן:Eitan שירה:Shira משה:Moshe",
        "כהן:Cohen לוי:Levi מזרחי:Mizrahi פרץ:Peretz ביטון:Biton אברהם:Avraham פרידמן:Friedman",
    ),
)

GREEK_AND_CYRILLIC = (
    Locale(
        "GR",
        "3069",
        8,
        "Αθήνα, Θεσσαλονίκη, Πάτρα, Ηράκλειο",
        "Γιώργος:Giorgos Μαρία:Maria Δημήτρης:Dimitris Ελένη:Eleni Ευάγγελος:Evangelos Άννα:Anna Σπύρος:Spyros",
        "Παπαδόπουλος:Papadopoulos Νικολάου:Nikolaou Γεωργίου:Georgiou Οικονόμου:Oikonomou Βλάχος:Vlachos",
    ),
    Locale(
        "RU",
        "791 792 798",
        8,
        "Москва, Санкт-Петербург, Казань, Новосибирск",
        "Анна:Anna Дмитрий:Dmitry Елена:Elena Сергей:Sergey Ольга:Olga Алексей:Alexey Татьяна:Tatiana Фёдор:Fyodor",
        "Шевченко:Shevchenko Коваленко:Kovalenko Черных:Chernykh Бондарь:Bondar Мельник:Melnik Долгих:Dolgikh",
    ),
    Locale(
        "UA",
        "38050 38063 38066 38067 38068 38093 38095 38096 38097 38098",
        7,
        "Київ, Львів, Харків, Одеса",
        "Олександр:Oleksandr Оксана:Oksana Андрій:Andrii Юлія:Yuliia Ігор:Ihor Ганна:Hanna Тарас:Taras Соломія:Solomiia",
        "Шевчук:Shevchuk Бойко:Boiko Ткаченко:Tkachenko Кравчук:Kravchuk Лисенко:Lysenko Мороз:Moroz",
    ),
)

INDIC_AND_OTHERS = (
    Locale(
        "IN",
        "9197 9198",
        8,
        "मुंबई, दिल्ली, जयपुर, लखनऊ",
        "आरव:Aarav प्रिया:Priya राहुल:Rahul अंजलि:Anjali विक्रम:Vikram सुनीता:Sunita रोहन:Rohan दीपिका:Deepika",
        "शर्मा:Sharma वर्मा:Verma सिंह:Singh गुप्ता:Gupta मिश्रा:Mishra जोशी:Joshi यादव:Yadav",
    ),
    Locale(
        "IN",
        "9196 9199",
        8,
        "சென்னை, மதுரை, கோயம்புத்தூர்",
        "கார்த்திக்:Karthik மீனா:Meena அருண்:Arun லட்சுமி:Lakshmi சுரேஷ்:Suresh கவிதா:Kavitha",
        "முருகன்:Murugan ராமன்:Raman செல்வம்:Selvam பாண்டியன்:Pandian சுப்ரமணியம்:Subramaniam",
    ),
    Locale(
        "BD",
        "88017",
        8,
        "ঢাকা, চট্টগ্রাম, সিলেট, খুলনা",
        "রহিম:Rahim নাসরিন:Nasrin তানভীর:Tanvir ফারহানা:Farhana আরিফ:Arif সুমাইয়া:Sumaiya",
        "ইসলাম:Islam হোসেন:Hossain রহমান:Rahman চৌধুরী:Chowdhury আহমেদ:Ahmed",
    ),
    Locale(
        "TH",
        "6681 6686 6689",
        7,
        "กรุงเทพฯ, เชียงใหม่, ขอนแก่น, ภูเก็ต",
        "สมชาย:Somchai มาลี:Malee ณัฐพล:Nattapon สุดา:Suda อนุชา:Anucha พิมพ์:Pim",
        "แสงทอง:Saengthong วงศ์ใหญ่:Wongyai สุขใจ:Sukjai ศรีสุข:Srisuk บุญมี:Boonmee",
    ),
    Locale(
        "ET",
        "25191 25192 25193",
        7,
        "አዲስ አበባ, ጎንደር, ሐዋሳ",
        "አበበ:Abebe ሰላም:Selam ዳዊት:Dawit ሄለን:Helen ብርሃኑ:Birhanu ማርታ:Marta",
        "ተስፋዬ:Tesfaye ከበደ:Kebede ገብረ:Gebre አለሙ:Alemu ኃይሌ:Haile",
    ),
    Locale(
        "AM",
        "37491 37493 37494 37495 37496 37498 37499 37477 37455 37433",
        6,
        "Երևան, Գյումրի, Վանաձոր",
        "Արամ:Aram Անահիտ:Anahit Տիգրան:Tigran Նարե:Nare Դավիթ:Davit Լուսինե:Lusine",
        "Հակոբյան:Hakobyan Սարգսյան:Sargsyan Պետրոսյան:Petrosyan Գրիգորյան:Grigoryan",
    ),
    Locale(
        "GE",
        "995599 995595 995555 995577 995593 995598 995551 995568 995571 995574",
        6,
        "თბილისი, ქუთაისი, ბათუმი",
        "გიორგი:Giorgi ნინო:Nino ლევან:Levan თამარ:Tamar დავით:Davit მარიამ:Mariam",
        "ბერიძე:Beridze კაპანაძე:Kapanadze გელაშვილი:Gelashvili მაისურაძე:Maisuradze",
    ),
)

EAST_ASIAN = (
    Locale(
        "CN",
        "86138",
        8,
        "北京, 上海, 广州, 成都, 杭州",
        "伟:Wei 芳:Fang 秀英:Xiuying 强:Qiang 敏:Min 子涵:Zihan 浩然:Haoran 欣怡:Xinyi",
        "王:Wang 李:Li 张:Zhang 刘:Liu 陈:Chen 杨:Yang 赵:Zhao 黄:Huang 欧阳:Ouyang",
        "{family}{given}",
    ),
    Locale(
        "JP",
        "81901 81902 81903 81904 81801 81802 81803 81804",
        7,
        "東京, 大阪, 京都, 札幌, 福岡",
        "陽翔:Haruto 葵:Aoi 蓮:Ren さくら:Sakura 大輔:Daisuke 美咲:Misaki ユリ:Yuri 健太:Kenta",
        "佐藤:Sato 鈴木:Suzuki 高橋:Takahashi 田中:Tanaka 渡辺:Watanabe 山本:Yamamoto 小林:Kobayashi",
        "{family} {given}",
    ),
    Locale(
        "KR",
        "82102 82103 82104 82106 82107",
        7,
        "서울, 부산, 인천, 대구",
        "민준:Minjun 서연:Seoyeon 지훈:Jihoon 수빈:Subin 예은:Yeeun 현우:Hyunwoo 지민:Jimin 도윤:Doyun",
        "김:Kim 이:Lee 박:Park 최:Choi 정:Jung 강:Kang 윤:Yoon 남궁:Namgoong",
        "{family}{given}",
    ),
)

LOCALES = (*LATIN, *ARABIC_AND_HEBREW, *GREEK_AND_CYRILLIC, *INDIC_AND_OTHERS, *EAST_ASIAN)
