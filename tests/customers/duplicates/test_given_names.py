"""Names of one person, and of two who share a telephone, in the habits of many cultures."""

import pytest

from customers.duplicates.given_names import given_names_differ

TWO_PEOPLE = {
    "English": [
        ("Oliver Grant", "Sophie Grant"),
        ("Robert Smith", "Mary Smith"),
        ("Robert Smith", "Bill Smith"),
        ("Mr Smith", "Mrs Smith"),
        ("John Smith Jr.", "John Smith Sr."),
        ("Paul Weber", "Paula Weber"),
        ("Victor Lange", "Victoria Lange"),
        ("Simon Reed", "Simone Reed"),
        ("Smith, Emma", "Liam Smith"),
        ("Mike", "Sarah"),
        ("Emma Reed", "Liam Nguyen"),
    ],
    "Arabic": [
        ("Ahmed Al-Sayed", "Fatima Al-Sayed"),
        ("Hassan Ali", "Hussein Ali"),
        ("Karim Haddad", "Karima Haddad"),
        ("Omar bin Khalid", "Saleh bin Khalid"),
        ("محمد علي حسن", "فاطمة علي حسن"),
        ("أحمد السيد", "مريم السيد"),
    ],
    "Spanish": [
        ("José García López", "María García López"),
        ("Lucía García Fernández", "Pablo García Fernández"),
        ("María Fernández Ruiz", "Lucía García Fernández"),
        ("José García López", "María Fernández Ruiz"),
        ("Daniel Cruz", "Daniela Cruz"),
    ],
    "Icelandic": [
        ("Jón Einarsson", "Guðrún Jónsdóttir"),
        ("Jón Einarsson", "Einar Jónsson"),
        ("Björk Guðmundsdóttir", "Sigurður Guðmundsson"),
        ("Anna Jónsdóttir", "Helga Jónsdóttir"),
    ],
    "Chinese": [
        ("王伟", "王娜"),
        ("Wang Wei", "Wang Na"),
        ("Wei Wang", "Na Wang"),
        ("Li Xiaoming", "Li Xiaohong"),
        ("Chen Jun", "Lin Mei"),
    ],
    "Indian": [
        ("S. Ramanathan", "Lakshmi Ramanathan"),
        ("Rajesh Kumar", "Sunita Kumar"),
        ("R. Krishnan", "Anand Krishnan"),
        ("Amit Sharma", "Priya Sharma"),
    ],
    "Russian": [
        ("Иван Петров", "Мария Петрова"),
        ("Иванов Иван Иванович", "Иванова Мария Ивановна"),
        ("Петров Иван", "Петрова Анна"),
        ("Ivan Petrov", "Olga Petrova"),
        ("Сергей Иванович Соколов", "Анна Сергеевна Соколова"),
    ],
    "Vietnamese": [
        ("Nguyễn Văn An", "Nguyễn Văn Bình"),
        ("Nguyễn Văn An", "Nguyễn Thị Hoa"),
        ("Trần Đức Minh", "Trần Thị Lan"),
        ("An Nguyen", "Binh Nguyen"),
    ],
    "Portuguese": [
        ("João da Silva Santos", "Ana da Silva Santos"),
        ("Mônica Araújo", "Sérgio Araújo"),
        ("Pedro Souza", "Maria Souza Lima"),
    ],
    "Indonesian": [("Suharto", "Siti"), ("Budi", "Wayan"), ("Budi Santoso", "Dewi Santoso")],
    "Korean": [("Kim Min-jun", "Kim Seo-yeon"), ("김민준", "김서연")],
    "Japanese": [("佐藤 ユリ", "佐藤 大輔"), ("田中 さくら", "田中 蓮")],
    "Hindi and Tamil": [("राहुल यादव", "रोहन यादव"), ("கவிதா ராமன்", "கார்த்திக் ராமன்")],
    "Turkish": [("Ayşe Yılmaz", "Gökhan Yılmaz"), ("Işıl Çelik", "Emre Çelik")],
}
ONE_PERSON = {
    "English": [
        ("Robert Smith", "Bob Smith"),
        ("William Clarke", "Bill Clarke"),
        ("Elizabeth Jones", "Liz Jones"),
        ("John Smith", "J. Smith"),
        ("John Smith Jr.", "John Smith"),
        ("SMITH, John", "John Smith"),
        ("Catherine Jones", "Kathryn Jones"),
        ("Jon Smith", "John Smyth"),
        ("Anna Smith", "Anna Miller"),
        ("Anne-Marie Smith", "Annemarie Smith"),
        ("Pat O'Brien", "Pat O’Brien"),
        ("Sunny", "Amina Siddiqui"),
        ("amina88", "Amina"),
        ("Amina", "Amina Siddiqui"),
        ("Mrs Amina Siddiqui", "Dr. Amina Siddiqui"),
    ],
    "Arabic": [
        ("Mohammed Al-Sayed", "Muhammad El Sayed"),
        ("Ahmed Hassan", "Ahmad Hassan"),
        ("Abdul Rahman Khan", "Abdulrahman Khan"),
        ("Abd al-Rahman Khan", "Abdulrahman Khan"),
        ("Khaled Mansour", "Khalid Mansur"),
        ("Omar bin Khalid", "Umar Khalid"),
        ("محمد علي", "محمد علی"),
        ("محمد علي", "Mohammed Ali"),
        ("فاطمة علي", "فاطمه علي"),
    ],
    "Spanish": [
        ("José García López", "Jose Garcia"),
        ("María José Pérez Ruiz", "María Pérez"),
        ("Francisco Núñez", "Paco Núñez"),
        ("Garcia Lopez, Jose", "José García López"),
        ("Ana de la Cruz", "Ana Cruz"),
    ],
    "Icelandic": [
        ("Guðrún Jónsdóttir", "Gudrun Jonsdottir"),
        ("Jón Þór Einarsson", "Jon Thor Einarsson"),
        ("Jón Einarsson", "Jón Þór Einarsson"),
    ],
    "Chinese": [
        ("Wang Xiaoming", "Xiaoming Wang"),
        ("Wang Xiaoming", "Wang Xiao Ming"),
        ("Xiao-Ming Wang", "Wang Xiaoming"),
        ("王伟", "Wang Wei"),
        ("王 伟", "王伟"),
    ],
    "Indian": [
        ("R. Krishnan", "Rajesh Krishnan"),
        ("Lakshmi R.", "Lakshmi Ramanathan"),
        ("A. P. J. Kumar", "Anand Kumar"),
        ("Priya Sharma", "Priya Gupta"),
    ],
    "Russian": [
        ("Иван Петров", "Петров Иван Сергеевич"),
        ("Александр Смирнов", "Саша Смирнов"),
        ("Сергей Соколов", "Сергей Сокалов"),
        ("Мария Петрова", "Мария Сидорова"),
        ("Петрова Мария Ивановна", "Сидорова Мария Ивановна"),
        ("Olga Melnik", "Ольга Мельник"),
        ("Dmitry Ivanov", "Dmitri Ivanov"),
    ],
    "Vietnamese": [
        ("Nguyễn Văn An", "An Nguyen"),
        ("Trần Đức Minh", "Tran Duc Minh"),
        ("Minh Tran", "Trần Đức Minh"),
    ],
    "Portuguese": [
        ("João da Silva Santos", "Joao Santos"),
        ("Maria Aparecida da Silva", "Maria Silva"),
        ("Antônio Gonçalves", "Antonio Goncalves"),
        ("Ana Silva", "Ana Souza"),
    ],
    "Indonesian": [("Suharto", "Soeharto"), ("Siti", "Siti Nurhaliza"), ("Budi", "budi")],
    "Korean": [("Kim Min-jun", "Minjun Kim"), ("Kim Minjun", "Kim Min Jun")],
    "Japanese": [("佐藤 ユリ", "佐藤ユリ"), ("佐藤 大輔", "Sato Daisuke")],
    "Hindi and Tamil": [("राहुल यादव", "यादव राहुल"), ("कविता शर्मा", "कविता यादव")],
    "Turkish": [("Işıl Çelik", "Isil Celik"), ("Ömer Şahin", "Omer Sahin")],
    "nothing to compare": [("", "Amina"), ("", ""), ("…", "!"), ("123", "Amina Khan")],
}


def in_turn(pairs):
    return [
        pytest.param(*pair, id=f"{culture}: {pair[0]} / {pair[1]}")
        for culture, found in pairs.items()
        for pair in found
    ]


@pytest.mark.parametrize(("one", "other"), in_turn(TWO_PEOPLE))
def test_given_names_of_two_people_differ(one, other):
    assert given_names_differ(one, other)
    assert given_names_differ(other, one)


@pytest.mark.parametrize(("one", "other"), in_turn(ONE_PERSON))
def test_given_names_of_one_person_do_not(one, other):
    assert not given_names_differ(one, other)
    assert not given_names_differ(other, one)
